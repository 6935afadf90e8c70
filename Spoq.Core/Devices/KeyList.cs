namespace Spoq.Core.Devices;

/// <summary>A list in the form of <c>authorized_keys</c>, as a key directory answers it.</summary>
/// <param name="Keys">Those that can be used, without options, each once, in the directory's order.</param>
/// <param name="Skipped">Lines that hold a key of a kind we do not take: certificates, DSA, short RSA.</param>
public sealed record KeyList(IReadOnlyList<SshPublicKey> Keys, int Skipped)
{
    /// <summary>One handle lists some four keys a device, and its answer becomes one device here.</summary>
    public const int MaxKeys = 32;

    /// <summary>Null when there is not one line that looks like a key: then it is not a list of keys at all.</summary>
    public static KeyList? Read(string text)
    {
        var lines = Lines(text).Select(TryKeyLine).OfType<string>().ToList();
        if (lines.Count == 0)
        {
            return null;
        }

        var keys = new List<SshPublicKey>();
        var skipped = 0;
        foreach (var line in lines)
        {
            if (!SshPublicKey.FromLine(line).Try(out var key, out _))
            {
                skipped++;
            }
            else if (!keys.Exists(known => known.Fingerprint == key.Fingerprint))
            {
                keys.Add(key);
            }
        }

        return new KeyList(keys, skipped);
    }

    public static bool IsEmpty(string text) => Lines(text).Count == 0;

    /// <summary>Lines that say something: no blanks, no <c>#</c> remarks, no byte order mark, any kind of line end.</summary>
    internal static List<string> Lines(string text) =>
    [
        .. text.Split(['\r', '\n'])
            .Select(line => line.Trim(' ', '\t', '\uFEFF', '\u00A0'))
            .Where(line => line.Length > 0 && line[0] != '#'),
    ];

    internal static string? TryKeyLine(string line) => KeyTypes.Knows(FirstWord(line)) ? line : WithoutOptions(line);

    internal static string FirstWord(string line)
    {
        var end = line.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? line : line[..end];
    }

    /// <summary>The line from its key type on, when options stand before it; quotes may hold spaces (sshd(8)).</summary>
    internal static string? WithoutOptions(string line)
    {
        var quoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && i + 1 < line.Length && line[i + 1] == '"')
            {
                i++;
            }
            else if (line[i] == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && line[i] is ' ' or '\t')
            {
                var rest = line[i..].TrimStart(' ', '\t');
                return KeyTypes.Knows(FirstWord(rest)) ? rest : null;
            }
        }

        return null;
    }
}
