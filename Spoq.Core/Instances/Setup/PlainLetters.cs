namespace Spoq.Core.Instances.Setup;

/// <summary>Letters people type that DNS cannot carry, and the a-z they stand for.</summary>
internal static class PlainLetters
{
    private static readonly (string Plain, string Letters)[] s_rows =
    [
        ("a", "àáâãåāăąаα"), ("ae", "äæ"), ("b", "в"), ("c", "çćĉčсς"), ("d", "ďđð"), ("e", "èéêëēėęěеёε"), ("g", "ğģ"),
        ("h", "һн"), ("i", "ìíîïīįıіїι"), ("j", "ј"), ("k", "ķкκ"), ("l", "ļľł"), ("m", "м"), ("n", "ñńņňη"), ("o", "òóôõøōőоο"),
        ("oe", "öœ"), ("p", "рρ"), ("r", "ŕřг"), ("s", "śşšșѕ"), ("ss", "ß"), ("t", "ťţțтτ"), ("th", "þ"), ("u", "ùúûūůűųυ"),
        ("ue", "ü"), ("v", "ν"), ("x", "хχ"), ("y", "ýÿуγ"), ("z", "źżž"),
    ];

    private static readonly Dictionary<char, string> s_plain =
        s_rows.SelectMany(row => row.Letters.Select(letter => (letter, row.Plain))).ToDictionary(pair => pair.letter, pair => pair.Plain);

    /// <summary>Empty where nothing stands for it.</summary>
    public static string Of(char c) => char.IsAsciiLetterOrDigit(c) ? c.ToString() : s_plain.GetValueOrDefault(c, "");
}
