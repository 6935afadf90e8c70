using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Spoq.Infrastructure.Ai.Limits;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>The SHA-256 of a key as something to look up by, without an allocation.</summary>
internal readonly record struct KeyHash(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    public static KeyHash Of(string key)
    {
        Span<byte> text = stackalloc byte[key.Length];
        Encoding.ASCII.GetBytes(key, text);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return Read(hash);
    }

    public static KeyHash Read(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(hash), BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(hash[16..]), BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]));

    public byte[] ToBytes()
    {
        var bytes = new byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, First);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), Second);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), Third);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), Fourth);
        return bytes;
    }
}

/// <summary>What a caller showed. Its hash is worked out once, however often it is shown on a connection.</summary>
public sealed class PresentedKey(string text)
{
    private const int Most = 128;

    public string Text => text;

    /// <summary>Null: too long to be a key.</summary>
    internal KeyHash? Hash { get; } = text.Length <= Most ? KeyHash.Of(text) : null;
}

/// <summary>A secret that opens the proxy now.</summary>
/// <param name="OpenUntil">In ticks.</param>
/// <param name="HasScope">The scope <c>ai</c>.</param>
internal sealed record AiKey(Guid Id, AiAccount Account, AiLimits Limits, long OpenUntil, bool HasScope);

/// <summary>When and from where a key was used last; written down now and then, not with every request.</summary>
internal sealed class KeyUse
{
    private long _at;
    private IPAddress? _from;

    public void Note(long now, IPAddress? from)
    {
        _from = from;
        Interlocked.Exchange(ref _at, now);
    }

    public (long At, IPAddress? From) Take() => (Interlocked.Exchange(ref _at, 0), _from);
}
