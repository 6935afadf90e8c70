using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Sessions;

/// <summary>Conversations as files of one JSON line a turn; a line torn by a crash is passed over.</summary>
internal sealed class SessionStore(DataDirectory data)
{
    /// <summary>What is read back of a long conversation: its end.</summary>
    private const int MaxReadBytes = 8 * 1024 * 1024;

    private readonly ConcurrentDictionary<Guid, byte> _busy = new();

    private const int MaxListed = 200;
    private const int MaxTitle = 120;

    public int Count() => Directory.EnumerateFiles(data.Sessions, "*.jsonl").Count();

    /// <summary>One turn at a time per conversation: false while another is under way.</summary>
    public bool TryBegin(Guid conversationId) => _busy.TryAdd(conversationId, 0);

    public void End(Guid conversationId) => _busy.TryRemove(conversationId, out _);

    public async Task<List<SessionTurn>> ReadAsync(Guid conversationId, CancellationToken cancellationToken)
    {
        var turns = new List<SessionTurn>();
        if (!File.Exists(FileOf(conversationId)))
        {
            return turns;
        }

        await using var file = File.OpenRead(FileOf(conversationId));
        var cut = file.Length > MaxReadBytes;
        file.Seek(cut ? -MaxReadBytes : 0, cut ? SeekOrigin.End : SeekOrigin.Begin);
        using var lines = new StreamReader(file, Encoding.UTF8);
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Parse(line) is { } turn)
            {
                turns.Add(turn);
            }
        }

        return turns;
    }

    public async Task AppendAsync(Guid conversationId, SessionTurn[] turns, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };

        // The line break comes first: it also ends a line that a crash left open.
        var text = string.Concat(turns.Select(turn => "\n" + JsonSerializer.Serialize(turn, SessionJson.Default.SessionTurn)));
        await using var file = new FileStream(FileOf(conversationId), options);
        await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    /// <summary>The newest first.</summary>
    public SessionList List()
    {
        var files = new DirectoryInfo(data.Sessions).EnumerateFiles("*.jsonl").OrderByDescending(file => file.LastWriteTimeUtc).Take(MaxListed);
        return new SessionList([.. files.Where(file => Guid.TryParseExact(Path.GetFileNameWithoutExtension(file.Name), "N", out _)).Select(Summarize)]);
    }

    /// <summary>False: there is none.</summary>
    public bool Delete(Guid conversationId)
    {
        var exists = File.Exists(FileOf(conversationId));
        File.Delete(FileOf(conversationId));
        return exists;
    }

    private static SessionSummary Summarize(FileInfo file)
    {
        var first = File.ReadLines(file.FullName).Select(Parse).FirstOrDefault(turn => turn is not null)?.Text.Trim() ?? "";
        var title = first.Split('\n')[0];
        return new SessionSummary(
            Guid.ParseExact(Path.GetFileNameWithoutExtension(file.Name), "N"), title.Length > MaxTitle ? title[..MaxTitle] + "…" : title, new DateTimeOffset(file.LastWriteTimeUtc), file.Length);
    }

    private static SessionTurn? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize(line, SessionJson.Default.SessionTurn);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private string FileOf(Guid conversationId) => Path.Combine(data.Sessions, $"{conversationId:N}.jsonl");
}
