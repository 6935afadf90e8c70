using System.Text;

namespace Spoq.Cli.Terminal;

/// <summary>Standard error, straight: the console's own writers switch a terminal's keypad when they are first used.</summary>
internal static class Notes
{
    public static TextWriter Writer { get; } = TextWriter.Synchronized(
        new StreamWriter(new StandardStream(2, mayBeClosed: true), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true });
}
