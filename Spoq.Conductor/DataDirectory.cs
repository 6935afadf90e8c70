using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Spoq.Conductor;

/// <summary>The folder that is this instance: whoever holds its lock is its Conductor.</summary>
internal sealed class DataDirectory
{
    public const string RunFile = "run.json";
    private const string LockFile = "conductor.lock";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerOnly | UnixFileMode.UserExecute;

    private DataDirectory(string root) => Root = root;

    public string Root { get; }

    /// <summary>Where the owner's files live and commands start.</summary>
    public string Workspace => Path.Combine(Root, "workspace");

    public string Sessions => Path.Combine(Root, "sessions");

    public static bool TryOpen(string path, [NotNullWhen(true)] out DataDirectory? data, [NotNullWhen(false)] out string? complaint)
    {
        data = new DataDirectory(Path.GetFullPath(path));
        complaint = null;
        try
        {
            Directory.CreateDirectory(data.Root, OwnerFolder);
            Directory.CreateDirectory(data.Workspace, OwnerFolder);
            Directory.CreateDirectory(data.Sessions, OwnerFolder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            complaint = $"data_directory {data.Root} cannot be used: {e.Message}";
            data = null;
            return false;
        }
    }

    /// <summary>Only looks: for who is not its Conductor, such as the updater.</summary>
    public static DataDirectory Of(string path) => new(Path.GetFullPath(path));

    /// <summary>Null when another process holds it. The kernel lets go when the holder dies, however it dies.</summary>
    public FileStream? TryLock()
    {
        try
        {
            return new FileStream(Path.Combine(Root, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public T? Read<T>(string name, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(Root, name)), type);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // Each of these files can be made anew: a lost one costs a request, not the service.
            return null;
        }
    }

    /// <summary>Readers see the old file or the new one, never half of it.</summary>
    public Task WriteAsync<T>(string name, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken) => WriteAsync(name, value, type, OwnerOnly, cancellationToken);

    /// <summary>The same, and whoever is in the folder's group may read it.</summary>
    public Task WriteForGroupAsync<T>(string name, T value, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        WriteAsync(name, value, type, OwnerOnly | UnixFileMode.GroupRead, cancellationToken);

    public void Delete(string name) => File.Delete(Path.Combine(Root, name));

    private async Task WriteAsync<T>(string name, T value, JsonTypeInfo<T> type, UnixFileMode mode, CancellationToken cancellationToken)
    {
        var target = Path.Combine(Root, name);
        var draft = $"{target}.{Guid.NewGuid():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode };
        await using (var file = new FileStream(draft, options))
        {
            await JsonSerializer.SerializeAsync(file, value, type, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, target, overwrite: true);
    }
}
