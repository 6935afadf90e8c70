using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Spoq.Core.Devices;

/// <summary>
/// The <c>$6$</c> password hash of crypt(3), as Linux keeps in /etc/shadow
/// (https://www.akkadia.org/drepper/SHA-crypt.txt; the step numbers below are that text's).
/// </summary>
public static class Sha512Crypt
{
    public const int DefaultRounds = 5000;

    /// <summary>Rounds for new passwords: a tenth of a second on a small server.</summary>
    public const int Rounds = 100_000;

    public const int SaltLength = 16;

    private const int Size = 64;
    private const string Digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>A salt for <see cref="Hash"/> from 16 random bytes.</summary>
    public static string Salt(ReadOnlySpan<byte> random)
    {
        var salt = new char[SaltLength];
        for (var i = 0; i < salt.Length; i++)
        {
            salt[i] = Digits[random[i] % Digits.Length];
        }

        return new string(salt);
    }

    /// <param name="password">In clear.</param>
    /// <param name="salt">At most 16 characters of crypt's alphabet.</param>
    /// <param name="rounds">1,000 to 999,999,999; 5,000 goes unsaid in the result.</param>
    public static string Hash(string password, string salt, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(salt.Length, SaltLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1000);
        var key = Encoding.UTF8.GetBytes(password);
        var saltBytes = Encoding.ASCII.GetBytes(salt);
        try
        {
            var start = Start(key, saltBytes);
            var keySequence = Sequence(key, key.Length, key.Length);
            var saltSequence = Sequence(saltBytes, 16 + start[0], saltBytes.Length);
            var digest = Stretch(start, keySequence, saltSequence, rounds);
            var stated = rounds == DefaultRounds ? "" : string.Create(CultureInfo.InvariantCulture, $"rounds={rounds}$");
            return $"$6${stated}{salt}${Encode(digest)}";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Steps 1 to 12.</summary>
    private static byte[] Start(byte[] key, byte[] salt)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        sha.AppendData(key);
        sha.AppendData(salt);
        sha.AppendData(key);
        var alternate = sha.GetHashAndReset();

        sha.AppendData(key);
        sha.AppendData(salt);
        sha.AppendData(Repeat(alternate, key.Length));
        for (var length = key.Length; length > 0; length >>= 1)
        {
            sha.AppendData((length & 1) != 0 ? alternate : key);
        }

        return sha.GetHashAndReset();
    }

    /// <summary>Steps 13 to 20: something hashed so many times over, stretched to a length.</summary>
    private static byte[] Sequence(byte[] data, int times, int length)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        for (var i = 0; i < times; i++)
        {
            sha.AppendData(data);
        }

        return Repeat(sha.GetHashAndReset(), length);
    }

    /// <summary>Step 21.</summary>
    private static byte[] Stretch(byte[] digest, byte[] p, byte[] s, int rounds)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        for (var round = 0; round < rounds; round++)
        {
            var odd = (round & 1) != 0;
            sha.AppendData(odd ? p : digest);
            if (round % 3 != 0)
            {
                sha.AppendData(s);
            }

            if (round % 7 != 0)
            {
                sha.AppendData(p);
            }

            sha.AppendData(odd ? digest : p);
            sha.GetHashAndReset(digest);
        }

        return digest;
    }

    private static byte[] Repeat(byte[] data, int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = data[i % data.Length];
        }

        return bytes;
    }

    /// <summary>Step 22: three bytes at a time, each group a rotation of the one before, lowest six bits first.</summary>
    private static string Encode(byte[] digest)
    {
        var text = new StringBuilder(86);
        for (var i = 0; i < 21; i++)
        {
            var (a, b, c) = (i % 3) switch
            {
                0 => (i, i + 21, i + 42),
                1 => (i + 21, i + 42, i),
                _ => (i + 42, i, i + 21),
            };
            Append(text, (digest[a] << 16) | (digest[b] << 8) | digest[c], 4);
        }

        Append(text, digest[Size - 1], 2);
        return text.ToString();
    }

    private static void Append(StringBuilder text, int bits, int count)
    {
        for (; count > 0; count--, bits >>= 6)
        {
            text.Append(Digits[bits & 0x3f]);
        }
    }
}
