using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Spoq.Conductor.Access;

/// <summary>A user of this very machine, as the kernel names the other end of the socket.</summary>
internal sealed record LocalUser(int Uid, int Pid);

/// <summary>The Unix socket: whoever its permissions let connect has signed in to this machine already and needs no token.</summary>
internal static class LocalUsers
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const UnixFileMode ForGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    public static void ListenLocally(this KestrelServerOptions kestrel, string socket, ILogger log)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(socket))!);

        // Of a Conductor that was killed. One that lives holds the lock of the data directory, so we would not be here.
        File.Delete(socket);
        kestrel.ListenUnixSocket(socket, listen => listen.Use(next => connection =>
        {
            if (PeerOf(connection) is { } user)
            {
                connection.Features.Set(user);
                log.LogInformation("Local user {Uid} connected (process {Pid}).", user.Uid, user.Pid);
            }

            return next(connection);
        }));
    }

    public static void Open(string socket) => File.SetUnixFileMode(socket, ForGroup);

    /// <summary>unix(7), SO_PEERCRED: pid, uid, gid as the kernel knew them at connect.</summary>
    private static LocalUser? PeerOf(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { AddressFamily: AddressFamily.Unix } socket)
        {
            return null;
        }

        Span<byte> credentials = stackalloc byte[12];
        return socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) == credentials.Length
            ? new LocalUser(BinaryPrimitives.ReadInt32LittleEndian(credentials[4..]), BinaryPrimitives.ReadInt32LittleEndian(credentials))
            : null;
    }
}
