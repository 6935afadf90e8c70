using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>
/// Asks an SSH server for its host key, as ssh-keyscan does, and has it prove that it holds it: the key exchange is done up
/// to the server's signature (RFC 4253, RFC 5656) and left there.
/// </summary>
internal static class SshProbe
{
    private const string Greeting = "SSH-2.0-Spoq";
    private const string Exchange = "ecdh-sha2-nistp256";
    private const int LargestPacket = 35000;
    private const int MostLines = 30;
    private const int LongestLine = 255;
    private const byte Disconnect = 1;
    private const byte KexInit = 20;
    private const byte EcdhInit = 30;
    private const byte EcdhReply = 31;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    /// <summary>The fingerprint of the key that answers there; null: nobody does, or nobody who speaks SSH and has a key of our kind.</summary>
    public static async Task<string?> FingerprintAsync(string address, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        try
        {
            using var line = new TcpClient();
            await line.ConnectAsync(address, port, limit.Token);
            return await AskAsync(line.GetStream(), limit.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or FormatException or CryptographicException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<string> AskAsync(NetworkStream line, CancellationToken cancellationToken)
    {
        await line.WriteAsync(Encoding.ASCII.GetBytes(Greeting + "\r\n"), cancellationToken);
        var theirGreeting = await GreetingAsync(line, cancellationToken);
        var offer = Offer();
        await SendAsync(line, offer, cancellationToken);
        var theirOffer = await PacketAsync(line, KexInit, cancellationToken);

        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var point = PointOf(ephemeral.ExportParameters(includePrivateParameters: false).Q);
        await SendAsync(line, new SshWriter().Byte(EcdhInit).String(point).ToArray(), cancellationToken);
        var reply = await PacketAsync(line, EcdhReply, cancellationToken);
        return Prove(reply, ephemeral, new SshWriter().String(Greeting).String(theirGreeting).String(offer).String(theirOffer), point);
    }

    /// <summary>RFC 5656, section 4: what both sides said, hashed, is what the host key has signed.</summary>
    private static string Prove(byte[] reply, ECDiffieHellman ephemeral, SshWriter said, byte[] point)
    {
        var reader = new SshReader(reply);
        reader.Byte();
        var key = reader.String();
        var theirPoint = reader.String();
        var signature = reader.String();
        using var theirs = ECDiffieHellman.Create(Curve(theirPoint));
        var shared = ephemeral.DeriveRawSecretAgreement(theirs.PublicKey);
        var hashed = said.String(key).String(point).String(theirPoint).Integer(shared).ToArray();

        var keyReader = new SshReader(key);
        if (keyReader.Text() != HostKey.Algorithm || keyReader.Text() != "nistp256")
        {
            throw new FormatException("The host key is of another kind.");
        }

        using var host = ECDsa.Create(Curve(keyReader.String()));
        var signed = new SshReader(signature);
        signed.Text();
        var pair = new SshReader(signed.String());
        byte[] both = [.. Fixed(pair.String()), .. Fixed(pair.String())];
        return host.VerifyData(SHA256.HashData(hashed), both, HashAlgorithmName.SHA256)
            ? HostKey.FingerprintOf(key)
            : throw new CryptographicException("The server does not hold the key that it shows.");
    }

    private static byte[] Offer()
    {
        var offer = new SshWriter().Byte(KexInit).Raw(RandomNumberGenerator.GetBytes(16)).String(Exchange).String(HostKey.Algorithm);
        foreach (var list in (string[])["aes128-ctr,aes256-ctr", "hmac-sha2-256", "none"])
        {
            // For each direction.
            offer.String(list).String(list);
        }

        return offer.String("").String("").Byte(0).Number(0).ToArray();
    }

    /// <summary>Lines of text may stand before it (RFC 4253, section 4.2).</summary>
    private static async Task<string> GreetingAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var letter = new byte[1];
        for (var lines = 0; lines < MostLines; lines++)
        {
            var line = new StringBuilder();
            while (line.Length <= LongestLine)
            {
                await stream.ReadExactlyAsync(letter, cancellationToken);
                if (letter[0] == '\n')
                {
                    break;
                }

                line.Append((char)letter[0]);
            }

            if (line.ToString().TrimEnd('\r') is var text && text.StartsWith("SSH-2.0-", StringComparison.Ordinal))
            {
                return text;
            }
        }

        throw new FormatException("Nobody there speaks SSH 2.0.");
    }

    private static ValueTask SendAsync(NetworkStream stream, byte[] payload, CancellationToken cancellationToken)
    {
        var padding = 8 - ((payload.Length + 5) % 8);
        padding += padding < 4 ? 8 : 0;
        return stream.WriteAsync(new SshWriter().Number((uint)(payload.Length + padding + 1)).Byte((byte)padding).Raw(payload).Raw(new byte[padding]).ToArray(), cancellationToken);
    }

    private static async Task<byte[]> PacketAsync(NetworkStream stream, byte wanted, CancellationToken cancellationToken)
    {
        var head = new byte[5];
        for (var packets = 0; packets < MostLines; packets++)
        {
            await stream.ReadExactlyAsync(head, cancellationToken);
            var length = BinaryPrimitives.ReadUInt32BigEndian(head) - 1;
            if (length > LargestPacket || head[4] >= length)
            {
                throw new FormatException("A packet is not of SSH's form.");
            }

            var packet = new byte[length];
            await stream.ReadExactlyAsync(packet, cancellationToken);
            if (packet[0] == wanted)
            {
                return packet[..^head[4]];
            }

            if (packet[0] == Disconnect)
            {
                break;
            }
        }

        throw new FormatException("The server said something else.");
    }

    private static byte[] PointOf(ECPoint point) => new SshWriter().Byte(4).Raw(point.X).Raw(point.Y).ToArray();

    private static ECParameters Curve(ReadOnlySpan<byte> point) => point.Length == 65 && point[0] == 4
        ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = point[1..33].ToArray(), Y = point[33..].ToArray() } }
        : throw new FormatException("This is no point of the curve.");

    private static byte[] Fixed(ReadOnlySpan<byte> number)
    {
        number = number.TrimStart((byte)0);
        var whole = new byte[32];
        number.CopyTo(number.Length <= 32 ? whole.AsSpan(32 - number.Length) : throw new FormatException("A number is too long."));
        return whole;
    }
}
