namespace Spoq.Cli.Terminal;

/// <summary>Rows under a heading on a terminal; one row a line with tabs where another program reads.</summary>
internal static class Columns
{
    public static string Text(Screen screen, string[] heading, IReadOnlyList<string[]> rows)
    {
        if (!screen.IsTerminal)
        {
            return string.Join('\n', rows.Select(row => string.Join('\t', row)));
        }

        var widths = heading.Select((name, column) => Math.Max(name.Length, rows.Max(row => row[column].Length))).ToArray();
        return string.Join('\n', rows.Select(row => Line(row, widths)).Prepend(screen.Ink.Dim(Line(heading, widths))));
    }

    /// <summary>Names and values, one pair a line; what is null is left out.</summary>
    public static string Pairs(Screen screen, params (string Name, string? Value)[] pairs)
    {
        var told = pairs.Where(pair => pair.Value is not null).ToList();
        var width = told.Max(pair => pair.Name.Length);
        return string.Join('\n', told.Select(pair => screen.IsTerminal ? $"{screen.Ink.Dim(pair.Name.PadRight(width))}  {pair.Value}" : $"{pair.Name}\t{pair.Value}"));
    }

    private static string Line(string[] cells, int[] widths) => string.Join("  ", cells.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd();
}
