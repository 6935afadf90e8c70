namespace Spoq.Cli.Terminal;

/// <summary>Says on stderr that something goes on; leaves nothing behind.</summary>
internal sealed class Spinner : IAsyncDisposable
{
    private static readonly string[] s_frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan s_each = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _ended = new();
    private readonly Task _spinning;

    public Spinner(string what, bool isShown) => _spinning = isShown ? SpinAsync(what, _ended.Token) : Task.CompletedTask;

    /// <summary>The line is free when this returns. May be called more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _spinning;
    }

    private static async Task SpinAsync(string what, CancellationToken cancellationToken)
    {
        var isDrawn = false;
        try
        {
            // What is quick needs no spinner.
            await Task.Delay(s_first, cancellationToken);
            for (var frame = 0; ; frame++)
            {
                isDrawn = true;
                await Notes.Writer.WriteAsync($"\r{s_frames[frame % s_frames.Length]} {what}");
                await Task.Delay(s_each, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            if (isDrawn)
            {
                await Notes.Writer.WriteAsync("\r\e[K");
            }
        }
    }
}
