using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Spoq.Core.Devices;

namespace Spoq.Tests.Devices;

public sealed class SshPublicKeyTests
{
    private static readonly (string Public, string Private) s_ed25519 = SshKeygen.New("-t", "ed25519");

    [Theory]
    [InlineData("ed25519", "256")]
    [InlineData("ecdsa", "256")]
    [InlineData("ecdsa", "384")]
    [InlineData("ecdsa", "521")]
    [InlineData("rsa", "3072")]
    [InlineData("rsa", "4096")]
    public void Keys_of_ssh_keygen_have_the_fingerprint_it_prints(string type, string bits)
    {
        var line = SshKeygen.New("-t", type, "-b", bits).Public;

        Assert.True(SshPublicKey.Parse(line).Try(out var key, out _));
        Assert.Equal(SshKeygen.Fingerprint(line), key.Fingerprint);
        Assert.Equal(line, key.Line);
        Assert.Equal("alice@laptop", key.Comment);
    }

    [Fact]
    public void Security_keys_come_in()
    {
        var ed25519 = Convert.FromBase64String(s_ed25519.Public.Split(' ')[1])[^32..];
        var sk = Line("sk-ssh-ed25519@openssh.com", ed25519, "ssh:"u8.ToArray());
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = p256.ExportParameters(false).Q;
        var skEcdsa = Line("sk-ecdsa-sha2-nistp256@openssh.com", "nistp256"u8.ToArray(), [4, .. q.X!, .. q.Y!], "ssh:"u8.ToArray());

        Assert.Equal(SshKeygen.Fingerprint(sk), Accepted(sk).Fingerprint);
        Assert.Equal(SshKeygen.Fingerprint(skEcdsa), Accepted(skEcdsa).Fingerprint);
        Assert.Equal("key_damaged", Code(Line("sk-ssh-ed25519@openssh.com", ed25519)));
    }

    [Fact]
    public void Line_ends_tabs_spaces_and_a_byte_order_mark_do_no_harm()
    {
        var blob = s_ed25519.Public.Split(' ')[1];

        Assert.Equal(blob, Accepted($"\uFEFF \t ssh-ed25519\t{blob}  \r\n\r\n").Blob);
        Assert.Equal(blob, Accepted($"# my key\r\n{s_ed25519.Public}\r").Blob);
    }

    [Fact]
    public void The_RFC_4716_form_is_the_same_key()
    {
        var folder = Directory.CreateTempSubdirectory("spoq-keys-");
        var file = Path.Combine(folder.FullName, "key.pub");
        File.WriteAllText(file, s_ed25519.Public);
        var text = SshKeygen.Run("ssh-keygen", null, ["-e", "-m", "RFC4716", "-f", file]);
        folder.Delete(recursive: true);

        Assert.Equal(Accepted(s_ed25519.Public).Fingerprint, Accepted(text).Fingerprint);
    }

    [Fact]
    public void A_private_key_is_named_as_one_in_every_armour()
    {
        var body = string.Join("", s_ed25519.Private.Split('\n').Where(line => !line.StartsWith('-')));
        foreach (var text in (string[])
        [
            s_ed25519.Private, body, "-----BEGIN RSA PRIVATE KEY-----\nMIIE", "-----BEGIN ENCRYPTED PRIVATE KEY-----", "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none",
            $"{s_ed25519.Public}\n{s_ed25519.Private}", new string('x', 1_000_000) + s_ed25519.Private,
        ])
        {
            Assert.Equal("private_key", Code(text));
        }
    }

    [Fact]
    public void Other_things_get_a_word_that_helps()
    {
        var (type, blob) = (s_ed25519.Public.Split(' ')[0], s_ed25519.Public.Split(' ')[1]);
        var rsa2048 = SshKeygen.New("-t", "rsa", "-b", "2048").Public;
        var expected = new Dictionary<string, string>
        {
            [""] = "key_missing",
            [" \r\n# only a remark\n"] = "key_missing",
            ["hello"] = "not_a_key",
            ["<script>alert(1)</script>"] = "not_a_key",
            ["'; drop table devices; --"] = "not_a_key",
            [type] = "key_damaged",
            [$"{type} {blob[..40]}"] = "key_damaged",
            [$"{type} {blob}AAAA"] = "key_damaged",
            [$"ssh-rsa {blob}"] = "key_damaged",
            [blob] = "key_type_missing",
            [rsa2048] = "rsa_too_short",
            [Line("ssh-dss", [1])] = "key_is_dsa",
            [Line("ssh-ed25519-cert-v01@openssh.com", [1])] = "key_is_certificate",
            [$"command=\"ls -l\",no-pty {s_ed25519.Public}"] = "key_with_options",
            [$"{s_ed25519.Public}\n{rsa2048}"] = "several_keys",
            [$"{type} {blob[..30]}\n{blob[30..]}"] = "key_broken_over_lines",
            ["-----BEGIN PUBLIC KEY-----\nMCow\n-----END PUBLIC KEY-----"] = "key_is_pem",
            ["256 SHA256:abc alice (ED25519)"] = "key_is_fingerprint",
            ["https://sshid.io/alice"] = "key_is_handle",
            [new string('A', 10_000_000)] = "key_too_long",
        };

        Assert.All(expected, pair => Assert.Equal(pair.Value, Code(pair.Key)));
    }

    [Fact]
    public void Numbers_outside_the_algorithm_stay_out()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = p256.ExportParameters(false).Q;
        q.Y![31] ^= 1;
        var one = new byte[32];
        one[0] = 1;
        using var rsa = RSA.Create(3072);
        byte[] modulus = [0, .. rsa.ExportParameters(false).Modulus!];

        Assert.Equal("key_weak", Code(Line("ecdsa-sha2-nistp256", "nistp256"u8.ToArray(), [4, .. q.X!, .. q.Y!])));
        Assert.Equal("key_damaged", Code(Line("ecdsa-sha2-nistp256", "nistp384"u8.ToArray(), [4, .. q.X!, .. q.Y!])));
        Assert.Equal("key_damaged", Code(Line("ecdsa-sha2-nistp256", "nistp256"u8.ToArray(), [2, .. q.X!])));
        Assert.Equal("key_weak", Code(Line("ssh-ed25519", new byte[32])));
        Assert.Equal("key_weak", Code(Line("ssh-ed25519", one)));
        Assert.Equal("key_weak", Code(Line("ssh-rsa", [4], modulus)));
        Assert.Equal("key_damaged", Code(Line("ssh-rsa", [3], modulus[1..])));
        Assert.Equal("key_damaged", Code(Line("ssh-rsa", [3], [0, .. modulus])));
        Assert.Equal("rsa_too_long", Code(Line("ssh-rsa", [1, 0, 1], ((BigInteger.One << 16385) + 1).ToByteArray(isBigEndian: true))));
    }

    [Fact]
    public void Nothing_mutated_or_random_throws_and_what_comes_in_is_sound()
    {
        var random = new Random(1);
        var seeds = new[] { s_ed25519.Public, SshKeygen.New("-t", "ecdsa").Public, SshKeygen.New("-t", "rsa", "-b", "3072").Public };
        for (var i = 0; i < 3000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(seeds[i % seeds.Length]);
            for (var flips = random.Next(1, 4); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            var noise = new byte[random.Next(400)];
            random.NextBytes(noise);
            foreach (var text in (string[])[Encoding.UTF8.GetString(bytes), Encoding.Latin1.GetString(noise), Line("ssh-ed25519", noise), Line("ssh-rsa", noise, bytes), $"ssh-rsa {Convert.ToBase64String(noise)}"])
            {
                _ = KeyList.Read(text);
                if (SshPublicKey.Parse(text).Try(out var key, out _))
                {
                    Assert.True(SshPublicKey.Parse(key.Line).Try(out _, out _));
                }
            }
        }
    }

    [Fact]
    public void A_list_drops_options_remarks_copies_and_what_cannot_be_used()
    {
        var other = SshKeygen.New("-t", "ecdsa").Public;
        var list = KeyList.Read($"# keys\r\nfrom=\"10.0.0.1 x\",no-pty {s_ed25519.Public}\n{s_ed25519.Public}\ngarbage\n{Line("ssh-dss", [1])}\n{Line("ssh-rsa-cert-v01@openssh.com", [1])}\n{other} \u202Eevil\u0007");

        Assert.Equal([Accepted(s_ed25519.Public).Fingerprint, Accepted(other).Fingerprint], list!.Keys.Select(key => key.Fingerprint));
        Assert.Equal(2, list.Skipped);
        Assert.Equal("alice@laptop evil", list.Keys[1].Comment);
        Assert.Null(KeyList.Read("no key\nat all"));
    }

    private static SshPublicKey Accepted(string text)
    {
        Assert.True(SshPublicKey.Parse(text).Try(out var key, out var refusal), refusal?.Message);
        return key!;
    }

    private static string? Code(string text) => SshPublicKey.Parse(text).Try(out _, out var refusal) ? null : refusal.Code;

    private static string Line(string type, params byte[][] fields)
    {
        using var blob = new MemoryStream();
        foreach (var field in (byte[][])[Encoding.ASCII.GetBytes(type), .. fields])
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, field.Length);
            blob.Write(length);
            blob.Write(field);
        }

        return $"{type} {Convert.ToBase64String(blob.ToArray())}";
    }
}
