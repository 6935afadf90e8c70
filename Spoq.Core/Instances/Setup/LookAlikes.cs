using System.Text;

namespace Spoq.Core.Instances.Setup;

/// <summary>Names drawn to be mistaken for ours. Two names with one skeleton look alike (the idea of Unicode TR 39).</summary>
internal static class LookAlikes
{
    /// <summary>Refused anywhere in a name: <c>spoq-login</c> misleads as much as <c>sp0q</c>.</summary>
    private static readonly string[] s_brands = ["spoq"];

    private static readonly HashSet<string> s_skeletons = [.. ReservedNames.All.Select(Skeleton)];

    public static bool Resembles(string name)
    {
        var skeleton = Skeleton(name);
        return s_skeletons.Contains(skeleton) || s_brands.Any(brand => Carries(name, skeleton, brand));
    }

    private static bool Carries(string name, string skeleton, string brand)
    {
        var drawn = Skeleton(brand);
        return skeleton.Replace("-", "", StringComparison.Ordinal).Contains(drawn, StringComparison.Ordinal)
            || name.Split('-').Any(part => Loose(part) == Loose(brand));
    }

    /// <summary>Pairs that read as one letter go first, then digits and twins become the letter they are drawn like.</summary>
    private static string Skeleton(string name)
    {
        var text = new StringBuilder(name).Replace("rn", "m").Replace("vv", "w").Replace("cl", "d");
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = text[i] switch
            {
                '0' => 'o',
                '1' or 'i' => 'l',
                '3' => 'e',
                '4' => 'a',
                '5' => 's',
                '7' => 't',
                '8' => 'b',
                '9' => 'q',
                var c => c,
            };
        }

        return text.ToString();
    }

    /// <summary>For a whole word only: g reads as q, and a doubled letter is overlooked.</summary>
    private static string Loose(string word)
    {
        var text = new StringBuilder();
        foreach (var c in Skeleton(word).Replace('g', 'q'))
        {
            if (text.Length == 0 || text[^1] != c)
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }
}
