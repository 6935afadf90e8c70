using System.Buffers.Binary;
using System.Text;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Writes SSH's data types (RFC 4251, section 5).</summary>
internal sealed class SshWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public SshWriter Byte(byte value) => Raw([value]);

    public SshWriter Raw(ReadOnlySpan<byte> value)
    {
        _bytes.AddRange(value);
        return this;
    }

    public SshWriter Number(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return Raw(bytes);
    }

    public SshWriter String(ReadOnlySpan<byte> value) => Number((uint)value.Length).Raw(value);

    public SshWriter String(string value) => String(Encoding.ASCII.GetBytes(value));

    /// <summary>A positive number of any length: no zeros in front, but one where it would look negative.</summary>
    public SshWriter Integer(ReadOnlySpan<byte> value)
    {
        value = value.TrimStart((byte)0);
        return value.Length > 0 && value[0] >= 0x80 ? Number((uint)value.Length + 1).Byte(0).Raw(value) : String(value);
    }
}

/// <summary>Reads them; what is not whole is a <see cref="FormatException"/>.</summary>
internal ref struct SshReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte Byte() => Take(1)[0];

    public uint Number() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ReadOnlySpan<byte> String() => Number() is <= int.MaxValue and var length ? Take((int)length) : throw new FormatException("A string is longer than anything.");

    public string Text() => Encoding.ASCII.GetString(String());

    public ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw new FormatException("The data ends too early.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
