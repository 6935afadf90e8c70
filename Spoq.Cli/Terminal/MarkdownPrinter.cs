using System.Text;

namespace Spoq.Cli.Terminal;

/// <summary>Markdown as it streams in, shown as a terminal can: a line begins as soon as its beginning says what it is.</summary>
internal sealed class MarkdownPrinter(Screen screen)
{
    private readonly WrappedText _text = new(screen);
    private readonly StringBuilder _head = new();
    private readonly List<string> _table = [];
    private State _state = State.Deciding;
    private string _fence = "";

    private enum State
    {
        /// <summary>The line's first characters may still mean several things.</summary>
        Deciding,

        /// <summary>Only the whole line says: a fence, a rule, a row of a table.</summary>
        WholeLine,

        Running,
        Code,
    }

    public void Write(string piece)
    {
        foreach (var character in piece)
        {
            Take(character);
        }

        if (_state == State.Running)
        {
            _text.Pause();
        }
    }

    /// <summary>Something else is to be printed: what is under way gets its line break.</summary>
    public void EndLine()
    {
        if (_head.Length > 0 || !_text.IsAtStart)
        {
            Take('\n');
        }

        EndTable();
    }

    public void End() => EndLine();

    private void Take(char character)
    {
        if (_state == State.Running)
        {
            if (character == '\n')
            {
                _text.End();
                _state = State.Deciding;
            }
            else
            {
                _text.Write(character);
            }

            return;
        }

        if (character == '\n')
        {
            TakeLine(_head.ToString());
            _head.Clear();
            return;
        }

        _head.Append(character);
        if (_state == State.Deciding)
        {
            Decide(_head.ToString());
        }
    }

    private void Decide(string head)
    {
        var text = head.TrimStart(' ');
        var indent = head[..^text.Length];
        switch (text)
        {
            case "" or ">" or "-" or "+" or "*" or "--" or "`" or "``" or "~" or "~~":
            case [>= '0' and <= '9', ..] when text.Length < 4 && text.All(one => char.IsAsciiDigit(one) || one is '.' or ')'):
            case ['#', ..] when text.Length < 7 && text.All(one => one == '#'):
                break;
            case ['|', ..] or "---" or ['`', '`', '`', ..] or ['~', '~', '~', ..]:
                _state = State.WholeLine;
                break;
            case ['-' or '*' or '+', ' ']:
                Run($"{indent}• ", indent + "  ", "", null);
                break;
            case [>= '0' and <= '9', .., '.' or ')', ' ']:
                Run(head, new string(' ', head.Length), "", null);
                break;
            case ['#', .., ' '] when text.AsSpan(0, text.Length - 1).TrimStart('#').IsEmpty:
                Run("", "", "", text.Length > 3 ? "1" : "1;4");
                break;
            case ['>', ..]:
                Run($"{indent}│ ", $"{indent}│ ", text[1..].TrimStart(), "2");
                break;
            default:
                Run(indent, indent, text, null);
                break;
        }
    }

    private void Run(string lead, string indent, string text, string? style)
    {
        EndTable();
        _head.Clear();
        _state = State.Running;
        _text.Begin(lead, indent);
        if (style is not null)
        {
            _text.Style(style);
        }

        foreach (var character in text)
        {
            _text.Write(character);
        }
    }

    private void TakeLine(string line)
    {
        var text = line.Trim();
        if (_state == State.Code)
        {
            if (text.StartsWith(_fence, StringComparison.Ordinal) && text.Trim(_fence[0]).Length == 0)
            {
                _state = State.Deciding;
            }
            else
            {
                screen.Say($"    {screen.Ink.Cyan(line)}");
            }

            return;
        }

        _state = State.Deciding;
        if (text is ['|', ..])
        {
            _table.Add(text);
            return;
        }

        EndTable();
        if (text is ['`', '`', '`', ..] or ['~', '~', '~', ..])
        {
            _fence = text[..3];
            _state = State.Code;
        }
        else if (text.Length >= 3 && text.Trim('-').Length == 0)
        {
            screen.Say(screen.Ink.Dim(new string('─', Math.Min(screen.Width, 40))));
        }
        else
        {
            _text.Begin("", "");
            line.ToList().ForEach(_text.Write);
            _text.End();
        }
    }

    /// <summary>All its rows are known now, and with them how wide its columns are.</summary>
    private void EndTable()
    {
        if (_table.Count == 0)
        {
            return;
        }

        var rows = _table.Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim().Replace("**", "", StringComparison.Ordinal)).ToArray()).ToList();
        _table.Clear();
        var columns = rows.Max(row => row.Length);
        var widths = Enumerable.Range(0, columns).Select(column => rows.Where(row => !IsRule(row)).Select(row => WrappedText.WidthOf(row.ElementAtOrDefault(column) ?? "")).DefaultIfEmpty(0).Max()).ToArray();
        foreach (var row in rows)
        {
            screen.Say(IsRule(row)
                ? screen.Ink.Dim(string.Join("  ", widths.Select(width => new string('─', width))))
                : string.Join("  ", widths.Select((width, column) => Pad(row.ElementAtOrDefault(column) ?? "", width))).TrimEnd());
        }
    }

    private static string Pad(string cell, int width) => cell + new string(' ', Math.Max(0, width - WrappedText.WidthOf(cell)));

    private static bool IsRule(string[] row) => row.All(cell => cell.Length > 0 && cell.Trim('-', ':').Length == 0);
}
