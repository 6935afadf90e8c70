using System.Text;

namespace Spoq.Cli.Terminal;

/// <summary>Running text with <c>**bold**</c>, <c>*italic*</c> and <c>`code`</c>, word by word as it comes, broken at the terminal's width.</summary>
internal sealed class WrappedText(Screen screen)
{
    private readonly StringBuilder _word = new();
    private readonly HashSet<string> _open = [];
    private int _wordWidth;
    private int _column;
    private int _stars;
    private char _before = ' ';
    private string _indent = "";

    /// <summary>Nothing stands on the line yet.</summary>
    public bool IsAtStart => _column == 0 && _wordWidth == 0 && _stars == 0;

    /// <param name="lead">Before the first line, such as a bullet.</param>
    /// <param name="indent">Before every line it is broken into.</param>
    public void Begin(string lead, string indent)
    {
        _indent = indent;
        _column = WidthOf(lead);
        screen.Write(lead);
    }

    /// <summary>A style of the whole line: <c>1</c> bold, <c>2</c> dim, <c>4</c> underlined.</summary>
    public void Style(string code)
    {
        if (screen.Ink.IsOn)
        {
            _open.Add(code);
            _word.Append($"\e[{code}m");
        }
    }

    public void Write(char character)
    {
        if (character == '*' && !_open.Contains("36"))
        {
            _stars++;
            return;
        }

        EndStars(next: character);
        switch (character)
        {
            case '`':
                Toggle("36", "39", "`");
                break;
            case ' ' or '\t' when !_open.Contains("36"):
                FlushWord();
                Space();
                break;
            default:
                Append(character);
                break;
        }

        _before = character;
    }

    /// <summary>The line's end: what is open is closed.</summary>
    public void End()
    {
        EndStars(next: ' ');
        if (_open.Count > 0 && screen.Ink.IsOn)
        {
            _word.Append("\e[0m");
        }

        _open.Clear();
        FlushWord();
        screen.Write("\n");
        (_column, _before, _indent) = (0, ' ', "");
    }

    /// <summary>Shows the word that is under way: nothing more comes for now.</summary>
    public void Pause() => FlushWord();

    public static int WidthOf(string text) => text.Sum(WidthOf);

    private static int WidthOf(char character) => character switch
    {
        _ when char.IsLowSurrogate(character) => 1,
        >= '\u0300' and <= '\u036F' or '\u200B' or '\u200D' or '\uFE0F' => 0,
        >= '\u1100' and <= '\u115F' or >= '\u2E80' and <= '\uA4CF' or >= '\uAC00' and <= '\uD7A3' or >= '\uF900' and <= '\uFAFF' or >= '\uFE30' and <= '\uFE6F' or >= '\uFF00' and <= '\uFF60' => 2,
        _ => 1,
    };

    private void Append(char character)
    {
        _word.Append(character);
        _wordWidth += WidthOf(character);
    }

    /// <summary>Stars open a style before a word, close it after one, and are stars otherwise.</summary>
    private void EndStars(char next)
    {
        for (; _stars > 0; _stars -= Math.Min(_stars, 2))
        {
            var (on, off, mark) = _stars >= 2 ? ("1", "22", "**") : ("3", "23", "*");
            if (_open.Contains(on) ? !char.IsWhiteSpace(_before) : !char.IsWhiteSpace(next))
            {
                Toggle(on, off, "");
            }
            else
            {
                mark.ToList().ForEach(Append);
            }

            _before = '*';
        }
    }

    private void Toggle(string on, string off, string plain)
    {
        var isOpening = _open.Add(on);
        if (!isOpening)
        {
            _open.Remove(on);
        }

        if (screen.Ink.IsOn)
        {
            _word.Append(isOpening ? $"\e[{on}m" : $"\e[{off}m");
        }
        else
        {
            plain.ToList().ForEach(Append);
        }
    }

    private void FlushWord()
    {
        if (_column + _wordWidth > screen.Width && _column > _indent.Length && _wordWidth > 0)
        {
            screen.Write("\n" + _indent);
            _column = _indent.Length;
        }

        if (_word.Length > 0)
        {
            screen.Write(_word.ToString());
        }

        _column += _wordWidth;
        _wordWidth = 0;
        _word.Clear();
    }

    private void Space()
    {
        if (_column >= screen.Width)
        {
            screen.Write("\n" + _indent);
            _column = _indent.Length;
        }
        else if (_column > _indent.Length || _indent.Length == 0)
        {
            screen.Write(" ");
            _column++;
        }
    }
}
