using System.Buffers.Binary;

namespace Spoq.Core.Wire;

/// <summary>
/// Body of <c>POST /api/sync</c>: changes that one side wants made on the other. Every change says what it expects to find;
/// where something else is found, nothing is done and the path comes back as a conflict. No changes: only look.
/// </summary>
/// <param name="Folder">In the workspace; made when the first change comes.</param>
public sealed record SyncRequest(string Folder, IReadOnlyList<SyncChange>? Changes = null);

/// <param name="Path">Within the folder, with <c>/</c> between names.</param>
/// <param name="Sha256">What it is to hold, lower-case hex; null: it is to be deleted.</param>
/// <param name="Expected">What it holds now; null: it must not exist.</param>
public sealed record SyncChange(string Path, string? Sha256 = null, string? Expected = null, bool Executable = false);

/// <param name="Files">All there is, after the changes; links and <c>.git</c> are left out.</param>
/// <param name="Missing">Contents that must be sent first (<c>PUT /api/sync/blobs</c>); where there are any, nothing was changed.</param>
/// <param name="Conflicts">Paths that hold something else than was expected, or that cannot be changed.</param>
/// <param name="Unseen">Paths where something is that could not be read, or that is a link or no plain file; of a folder, all below it; <c>.</c> is all of it. They are not gone.</param>
public sealed record SyncAnswer(IReadOnlyList<SyncFile> Files, IReadOnlyList<string> Missing, IReadOnlyList<string> Conflicts, IReadOnlyList<string>? Unseen = null);

public sealed record SyncFile(string Path, string Sha256, long Size, bool Executable);

/// <summary>Body of <c>POST /api/sync/fetch</c>; the answer is a pack of these in their order.</summary>
public sealed record SyncFetch(string Folder, IReadOnlyList<string> Paths);

/// <summary>Many contents one after the other: SHA-256, length as 8 bytes little-endian, bytes. Length -1: it is gone or changes just now.</summary>
public static class PackHeader
{
    public const string MediaType = "application/x-spoq-pack";
    public const int Size = 40;
    public const int MaxPaths = 100_000;

    public static void Write(Span<byte> header, string sha256, long length)
    {
        Convert.FromHexString(sha256, header[..32], out _, out _);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..Size], length);
    }

    public static (string Sha256, long Length) Read(ReadOnlySpan<byte> header) =>
        (Convert.ToHexStringLower(header[..32]), BinaryPrimitives.ReadInt64LittleEndian(header[32..Size]));

    public static bool IsSha256(string? text) => text is { Length: 64 } && text.All(one => one is (>= '0' and <= '9') or (>= 'a' and <= 'f'));
}
