using System.Runtime.InteropServices;
using System.Text;

namespace Spoq.Cli.Terminal;

/// <summary>Results go to stdout, everything else to stderr: what is piped on is never mixed with words for people.</summary>
internal sealed partial class Screen : IDisposable
{
    private const int NarrowestWidth = 20;
    private const int WidestText = 100;

    // TIOCGWINSZ, ioctl_tty(2)
    private const nuint TellWindowSize = 0x5413;

    private readonly StreamWriter _out = new(new StandardStream(1), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 8 * 1024);
    private readonly bool _isVerbose;

    public Screen(bool isQuiet, bool isVerbose, bool noColor)
    {
        IsQuiet = isQuiet;
        _isVerbose = isVerbose;

        // https://no-color.org: present and not empty, whatever it says.
        var mayColor = !noColor && Call.Setting("NO_COLOR") is null && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        Ink = new Ink(mayColor && IsTerminal);
        NoteInk = new Ink(mayColor && IsNoteTerminal);
    }

    public bool IsQuiet { get; }

    public Ink Ink { get; }

    public Ink NoteInk { get; }

    /// <summary>A person reads the results.</summary>
    public bool IsTerminal { get; } = !Console.IsOutputRedirected;

    /// <summary>A person reads the notes.</summary>
    public bool IsNoteTerminal { get; } = !Console.IsErrorRedirected;

    /// <summary>A person can be asked something.</summary>
    public bool IsInteractive => IsNoteTerminal && !Console.IsInputRedirected;

    /// <summary>Of running text: a wide terminal is no reason for lines nobody can follow.</summary>
    public int Width => IsTerminal ? Math.Clamp(WindowWidth(), NarrowestWidth, WidestText) : WidestText;

    public void Say(string line)
    {
        _out.Write(line);
        _out.Write('\n');
        _out.Flush();
    }

    /// <summary>Text as it comes, no line break added.</summary>
    public void Write(string text)
    {
        _out.Write(text);
        _out.Flush();
    }

    public void Flush() => _out.Flush();

    public void Dispose() => _out.Dispose();

    /// <summary>For people; silent with <c>--quiet</c>.</summary>
    public void Note(string line)
    {
        if (!IsQuiet)
        {
            Complain(line);
        }
    }

    /// <summary>For people, whatever was asked for.</summary>
    public void Complain(string line)
    {
        Flush();
        Notes.Writer.WriteLine(line);
    }

    public void Detail(string line)
    {
        if (_isVerbose)
        {
            Complain(NoteInk.Dim(line));
        }
    }

    public Spinner Spin(string what) => new(what, IsNoteTerminal && !IsQuiet && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));

    private static int WindowWidth()
    {
        if (OperatingSystem.IsLinux())
        {
            return WindowSize(1, TellWindowSize, out var size) == 0 && size.Columns > 0 ? size.Columns : WidestText;
        }

        try
        {
            return Console.WindowWidth is > 0 and var width ? width : WidestText;
        }
        catch (IOException)
        {
            return WidestText;
        }
    }

    // The console's own property would switch the terminal's keypad.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int WindowSize(int descriptor, nuint request, out Window size);

    [StructLayout(LayoutKind.Sequential)]
    private struct Window
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelsAcross;
        public ushort PixelsDown;
    }
}
