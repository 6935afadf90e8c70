using System.Text;
using Spoq.Conductor.Tools;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Ask;

/// <summary>What goes along with a question: texts that were sent, and files of the workspace that are named.</summary>
internal sealed class AskFiles(Workspace workspace)
{
    private const int MaxFiles = 200;
    private const int MaxBytes = 4 * 1024 * 1024;

    public static Refusal? Check(IReadOnlyList<AskFile>? files) => files switch
    {
        null => null,
        _ when files.Any(file => file is null) => ConductorRefusals.PathInvalid,
        _ when files.Count > MaxFiles || files.Sum(file => (long)Encoding.UTF8.GetByteCount(file.Content ?? "")) > MaxBytes => ConductorRefusals.FilesTooMany,
        _ when files.Any(file => file.Path.Length is 0 or > 1024 || file.Path.Any(char.IsControl)) => ConductorRefusals.PathInvalid,
        _ => null,
    };

    public async Task<Result<List<AskFile>>> LoadAsync(IReadOnlyList<AskFile>? files, CancellationToken cancellationToken)
    {
        var loaded = new List<AskFile>();
        foreach (var file in files ?? [])
        {
            if (file.Content is not null)
            {
                loaded.Add(file);
                continue;
            }

            if (!workspace.Resolve(file.Path).Try(out var path, out var refusal))
            {
                return refusal;
            }

            if (new FileInfo(path) is not { Exists: true, Length: <= MaxBytes } || await ReadAsync(path, cancellationToken) is not { } text)
            {
                return ConductorRefusals.NoSuchFile;
            }

            loaded.Add(file with { Content = text });
        }

        return Check(loaded) is { } no ? no : loaded;
    }

    private static async Task<string?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await TextFile.ReadAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
