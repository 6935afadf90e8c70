using System.Collections.Concurrent;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Desired;

/// <summary>What the control plane last said of this computer: in memory, and on disk for when it is away.</summary>
internal sealed class StateHolder
{
    public const string FileName = "desired.json";

    private readonly ConcurrentDictionary<Guid, Action> _watches = [];
    private readonly DataDirectory _data;
    private readonly ILogger<StateHolder> _log;
    private volatile DesiredState? _current;

    public StateHolder(ConductorConfig config, DataDirectory data, ILogger<StateHolder> log)
    {
        (_data, _log) = (data, log);

        MakeSeenFolder();

        // Of a computer that was here before: not a word of it holds for this one.
        _current = data.Read(FileName, WireJson.Default.DesiredState) is { } saved && saved.InstanceId == config.InstanceId ? saved : null;
    }

    /// <summary>Null: it has not been heard yet.</summary>
    public DesiredState? Current => _current;

    /// <summary>Called on whichever thread brings the news.</summary>
    public IDisposable WhenChanged(Action look)
    {
        var id = Guid.NewGuid();
        _watches[id] = look;
        return new Watch(() => _watches.TryRemove(id, out _));
    }

    /// <summary>It holds at once, also where the disk is full.</summary>
    public async Task TakeAsync(DesiredState state, CancellationToken cancellationToken)
    {
        _current = state;
        foreach (var look in _watches.Values)
        {
            look();
        }

        try
        {
            // sshd asks as a user of its own, who is in the folder's group and reads this and nothing else.
            await _data.WriteForGroupAsync(FileName, state, WireJson.Default.DesiredState, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.LogError("What the control plane wants could not be kept: {Reason}", e.Message);
        }
    }

    /// <summary>There sshd's user leaves word of who was let in.</summary>
    private void MakeSeenFolder()
    {
        const UnixFileMode ForGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
        var folder = Path.Combine(_data.Root, SeenFolder.Name);
        try
        {
            Directory.CreateDirectory(folder);

            // Apart, because the process's mask would take the group's part away.
            File.SetUnixFileMode(folder, ForGroup);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.LogWarning("{Folder} could not be made, so devices that connect are not told of: {Reason}", folder, e.Message);
        }
    }

    private sealed class Watch(Action stop) : IDisposable
    {
        public void Dispose() => stop();
    }
}
