using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>UUIDs of version 7 (RFC 9562, 5.7) whose random bits are fetched from the system a page at a time: one by one they cost a system call each.</summary>
public static class RequestIds
{
    private const int BytesOfOne = 16;

    [ThreadStatic]
    private static byte[]? t_random;

    [ThreadStatic]
    private static int t_used;

    public static Guid New(DateTimeOffset now)
    {
        var random = t_random ??= new byte[256 * BytesOfOne];
        if (t_used == 0)
        {
            RandomNumberGenerator.Fill(random);
            t_used = random.Length;
        }

        t_used -= BytesOfOne;
        var bytes = random.AsSpan(t_used, BytesOfOne);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (now.ToUnixTimeMilliseconds() << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]));
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }
}
