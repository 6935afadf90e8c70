using System.Security.Cryptography;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Ops;

public sealed class SecretBoxTests
{
    private static readonly byte[] s_old = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] s_new = RandomNumberGenerator.GetBytes(32);

    [Fact]
    public void What_an_old_key_sealed_opens_after_rotation()
    {
        var before = new SecretBox(new Dictionary<string, byte[]> { ["2026a"] = s_old }, "2026a");
        var after = new SecretBox(new Dictionary<string, byte[]> { ["2026a"] = s_old, ["2026b"] = s_new }, "2026b");

        Assert.Equal("secret"u8.ToArray(), after.Open(before.Seal("secret"u8, "test"), "test"));
    }

    [Fact]
    public void A_secret_opens_for_its_purpose_only_and_not_when_changed()
    {
        var box = new SecretBox(new Dictionary<string, byte[]> { ["k"] = s_old }, "k");
        var sealedBytes = box.Seal("secret"u8, "mail");

        Assert.ThrowsAny<CryptographicException>(() => box.Open(sealedBytes, "other"));
        for (var i = 0; i < sealedBytes.Length; i++)
        {
            var changed = sealedBytes.ToArray();
            changed[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => box.Open(changed, "mail"));
        }
    }
}
