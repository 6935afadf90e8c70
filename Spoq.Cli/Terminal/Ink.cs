using System.Text;

namespace Spoq.Cli.Terminal;

/// <summary>Colours where they are welcome, plain text elsewhere.</summary>
internal readonly struct Ink(bool isOn)
{
    public bool IsOn => isOn;

    public string Bold(string text) => Wrap(text, "1", "22");

    public string Dim(string text) => Wrap(text, "2", "22");

    public string Green(string text) => Wrap(text, "32", "39");

    public string Yellow(string text) => Wrap(text, "33", "39");

    public string Red(string text) => Wrap(text, "31", "39");

    public string Cyan(string text) => Wrap(text, "36", "39");

    /// <summary>
    /// Text of others (a model's, a file's) for a terminal: it may not move the cursor, change the title or fake our own
    /// words, so control characters go, and with them every escape sequence.
    /// </summary>
    public static string Tame(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(s_harmless) || !text.Any(IsWild))
        {
            return text;
        }

        var tamed = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (!IsWild(character))
            {
                tamed.Append(character);
            }
        }

        return tamed.ToString();
    }

    private static readonly System.Buffers.SearchValues<char> s_harmless = System.Buffers.SearchValues.Create(
        "\n\t !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    private static bool IsWild(char character) =>
        (char.IsControl(character) && character is not ('\n' or '\t')) || character is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069';

    private string Wrap(string text, string on, string off) => isOn ? $"\e[{on}m{text}\e[{off}m" : text;
}
