using Spoq.Core.Access;

namespace Spoq.Tests.Access;

public sealed class UserCodeTests
{
    [Fact]
    public void The_list_holds_4096_short_plain_words_and_none_twice()
    {
        Assert.Equal(UserCode.ListLength, UserCode.List.Distinct().Count());
        Assert.Equal(36, UserCode.Words * (int)Math.Log2(UserCode.ListLength));
        Assert.All(UserCode.List, word => Assert.Matches("^[A-Z]{3,6}$", word));
    }

    [Fact]
    public void No_two_words_are_one_letter_or_one_swap_apart_so_no_plural_stands_beside_its_singular()
    {
        var words = UserCode.List.ToHashSet();
        var pairs = words.SelectMany(word => Near(word).Where(words.Contains).Select(near => $"{word} {near}"));

        Assert.Empty(pairs);
    }

    [Theory]
    [InlineData("{0}-{1}-{2}")]
    [InlineData("{0} {1} {2}")]
    [InlineData("  {0}_{1}\t{2}. ")]
    [InlineData("{0}--{1} - {2}")]
    [InlineData("{0}\u2013{1}\u00a0{2}")]
    public void However_the_words_are_parted_and_cased_they_are_the_same_code(string form)
    {
        var code = UserCode.Of([11, 2222, 4095]);
        var words = code.Split('-');

        foreach (var typed in new[] { string.Format(null, form, words), string.Format(null, form, words).ToLowerInvariant() })
        {
            Assert.Equal(code, UserCode.Read(typed));
        }
    }

    [Fact]
    public void Run_together_the_words_are_still_read_where_there_is_one_way_to_read_them()
    {
        Assert.Equal("ANCHOR-OCEAN-ZEBRA", UserCode.Read("anchoroceanzebra"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("ANCHOR-OCEAN")]
    [InlineData("ANCHOR-OCEAN-ZEBRA-OCEAN")]
    [InlineData("ANCHOR-OCEAN-XYZZY")]
    [InlineData("ANCHOR-OCEAN-Z\u0415BRA")]
    [InlineData("<script>")]
    public void What_is_no_code_is_null(string? typed) => Assert.Null(UserCode.Read(typed));

    [Fact]
    public void Endless_input_is_not_looked_at() => Assert.Null(UserCode.Read(new string('A', 1_000_000)));

    private static IEnumerable<string> Near(string word)
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (var i = 0; i <= word.Length; i++)
        {
            foreach (var letter in Letters)
            {
                yield return word.Insert(i, $"{letter}");
                if (i < word.Length && word[i] != letter)
                {
                    yield return word.Remove(i, 1).Insert(i, $"{letter}");
                }
            }

            if (i < word.Length - 1 && word[i] != word[i + 1])
            {
                yield return $"{word[..i]}{word[i + 1]}{word[i]}{word[(i + 2)..]}";
            }
        }
    }
}
