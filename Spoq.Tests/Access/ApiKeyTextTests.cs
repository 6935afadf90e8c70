using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Spoq.Core.Access;

namespace Spoq.Tests.Access;

public sealed class ApiKeyTextTests
{
    [Fact]
    public void A_key_is_the_prefix_256_bits_in_base62_and_a_checksum_of_six()
    {
        for (var i = 0; i < 200; i++)
        {
            var key = New();
            Assert.Matches("^spoq_live_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$", key);
            Assert.True(ApiKeyText.IsWellFormed(key));
            Assert.Equal(key.Substring(10, 8), ApiKeyText.ShownOf(key));
        }
    }

    [Fact]
    public void The_checksum_is_the_crc_that_every_zip_file_carries()
    {
        var key = ApiKeyText.Write(new byte[32]);
        Assert.Equal(new string('0', 43), key[10..53]);

        var value = key[53..].Aggregate(0L, (sum, digit) => sum * 62 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".IndexOf(digit, StringComparison.Ordinal));

        Assert.Equal(CrcByZip(key[10..53]), value);
    }

    [Fact]
    public void Every_single_wrong_letter_and_every_swap_is_found_without_a_look_up()
    {
        var key = New();
        for (var i = 0; i < key.Length; i++)
        {
            Assert.False(ApiKeyText.IsWellFormed(key.Remove(i, 1).Insert(i, key[i] == 'x' ? "y" : "x")));
            Assert.False(i + 1 < key.Length && key[i] != key[i + 1] && ApiKeyText.IsWellFormed($"{key[..i]}{key[i + 1]}{key[i]}{key[(i + 2)..]}"));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("spoq_live_")]
    [InlineData("spoq_live_ééééééééééééééééééééééééééééééééééééééééééééééééé")]
    public void What_is_no_key_is_told_apart(string? text) => Assert.False(ApiKeyText.IsWellFormed(text));

    private static string New() => ApiKeyText.Write(RandomNumberGenerator.GetBytes(ApiKeyText.SecretBytes));

    /// <summary>The base library keeps its CRC-32 to itself; a zip archive shows it.</summary>
    private static long CrcByZip(string text)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("key").Open();
            entry.Write(Encoding.ASCII.GetBytes(text));
        }

        using var read = new ZipArchive(stream, ZipArchiveMode.Read);
        return read.GetEntry("key")!.Crc32;
    }
}
