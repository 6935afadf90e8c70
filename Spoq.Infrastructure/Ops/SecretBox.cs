using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Ops;

/// <summary>
/// AES-256-GCM for secrets at rest. The record names its key, so that keys rotate; the purpose is authenticated,
/// so that a value sealed for one column does not open in another.
/// </summary>
public sealed class SecretBox
{
    private const byte Form = 1;
    private const int KeySize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly Dictionary<string, byte[]> _keys;
    private readonly string _current;

    /// <param name="keys">Key id (1-64 ASCII characters) to 256-bit key.</param>
    /// <param name="current">The id that seals; all of them open.</param>
    public SecretBox(IReadOnlyDictionary<string, byte[]> keys, string current)
    {
        _keys = keys.ToDictionary(pair => pair.Key, pair => pair.Value);
        _current = current;
    }

    /// <exception cref="InvalidOperationException">Production without a key, or a key that is not 32 bytes of base64.</exception>
    public static SecretBox From(IConfiguration configuration, IHostEnvironment environment)
    {
        var keys = configuration.GetSection("Encryption:Keys").GetChildren().ToDictionary(pair => pair.Key, pair => Key(pair.Key, pair.Value));
        if (keys.Count > 0)
        {
            var current = configuration["Encryption:Current"] ?? keys.Keys.Order(StringComparer.Ordinal).Last();
            return keys.ContainsKey(current)
                ? new SecretBox(keys, current)
                : throw new InvalidOperationException($"Encryption__Current names the key \"{current}\", but there is no Encryption__Keys__{current}.");
        }

        if (environment.IsProduction())
        {
            throw new InvalidOperationException("Set Encryption__Keys__<id> to 32 random bytes in base64 (openssl rand -base64 32): secrets are stored encrypted.");
        }

        return new SecretBox(new Dictionary<string, byte[]> { ["development"] = GeneratedKey.Read(configuration["Spoq:DataDirectory"]!, "encryption.key", KeySize) }, "development");
    }

    public byte[] Seal(ReadOnlySpan<byte> plain, string purpose)
    {
        var id = Encoding.ASCII.GetBytes(_current);
        var sealedBytes = new byte[2 + id.Length + NonceSize + TagSize + plain.Length];
        sealedBytes[0] = Form;
        sealedBytes[1] = (byte)id.Length;
        id.CopyTo(sealedBytes, 2);
        var rest = sealedBytes.AsSpan(2 + id.Length);
        RandomNumberGenerator.Fill(rest[..NonceSize]);
        using var aes = new AesGcm(_keys[_current], TagSize);
        aes.Encrypt(rest[..NonceSize], plain, rest[(NonceSize + TagSize)..], rest.Slice(NonceSize, TagSize), Encoding.UTF8.GetBytes(purpose));
        return sealedBytes;
    }

    /// <exception cref="CryptographicException">Tampered with, sealed for another purpose, or its key is not configured any more.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, string purpose)
    {
        if (sealedBytes.Length < 2 || sealedBytes[0] != Form || sealedBytes.Length < 2 + sealedBytes[1] + NonceSize + TagSize)
        {
            throw new CryptographicException("This is not a sealed secret.");
        }

        var id = Encoding.ASCII.GetString(sealedBytes.Slice(2, sealedBytes[1]));
        if (!_keys.TryGetValue(id, out var key))
        {
            throw new CryptographicException($"The secret was sealed with the key \"{id}\", and there is no Encryption__Keys__{id}.");
        }

        var rest = sealedBytes[(2 + sealedBytes[1])..];
        var plain = new byte[rest.Length - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(rest[..NonceSize], rest[(NonceSize + TagSize)..], rest.Slice(NonceSize, TagSize), plain, Encoding.UTF8.GetBytes(purpose));
        return plain;
    }

    /// <summary>32 bytes that nobody else can make, the same each time while the current key stays.</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _keys[_current], KeySize, info: Encoding.UTF8.GetBytes($"derived {purpose}"));

    private static byte[] Key(string id, string? text)
    {
        var key = new byte[KeySize + 1];
        return Convert.TryFromBase64String(text ?? "", key, out var length) && length == KeySize
            ? key[..KeySize]
            : throw new InvalidOperationException($"Encryption__Keys__{id} must be 32 bytes in base64 (openssl rand -base64 32).");
    }
}
