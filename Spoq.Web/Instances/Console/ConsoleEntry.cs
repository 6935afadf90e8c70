namespace Spoq.Web.Instances.Console;

/// <summary>One question or command with what came back. Touched on the circuit only.</summary>
public sealed class ConsoleEntry(string input, TimeProvider clock)
{
    private const int BlockLength = 2000;
    private const int MaxBlocks = 256;

    // Screens are told at most this often: a flood of words is one change.
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(40);

    private readonly List<Block> _blocks = [];
    private bool _isTelling;
    private int _nextKey;

    internal event Action? Changed;

    public string Input { get; } = input;

    /// <summary>Full blocks never change again, so only the last one travels to the browser.</summary>
    public IReadOnlyList<Block> Blocks => _blocks;

    public bool IsCut { get; private set; }

    public bool IsOver { get; private set; }

    public bool IsBad { get; private set; }

    public string? Note { get; private set; }

    public void Append(string text, bool isError = false)
    {
        if (_blocks is [.., { } last] && last.IsError == isError && last.Text.Length < BlockLength)
        {
            last.Text += text;
        }
        else
        {
            _blocks.Add(new Block(_nextKey++, isError) { Text = text });
        }

        if (_blocks.Count > MaxBlocks)
        {
            _blocks.RemoveAt(0);
            IsCut = true;
        }

        Touch();
    }

    public void Remark(string note, bool isBad = false)
    {
        (Note, IsBad) = (note, isBad);
        Touch();
    }

    public void End()
    {
        IsOver = true;
        Touch();
    }

    private void Touch()
    {
        if (!_isTelling)
        {
            _isTelling = true;
            _ = TellAsync();
        }
    }

    private async Task TellAsync()
    {
        await Task.Delay(s_breath, clock);
        _isTelling = false;
        Changed?.Invoke();
    }

    public sealed class Block(int key, bool isError)
    {
        public int Key { get; } = key;

        public bool IsError { get; } = isError;

        public string Text { get; set; } = "";
    }
}
