using System.Text.Json;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Wire;

namespace Spoq.Infrastructure.Instances.Providers.Local;

/// <summary>One local computer's data folder: it is the computer's identity, whoever is alive.</summary>
internal sealed class ConductorFolder(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const long LargestLog = 5_000_000;

    public string Path => path;

    public string ConfigPath { get; } = System.IO.Path.Combine(path, "config.json");

    public string LogPath { get; } = System.IO.Path.Combine(path, "conductor.log");

    private string RunPath => System.IO.Path.Combine(path, "run.json");

    public static ConductorFolder Of(string dataDirectory, Guid instanceId) =>
        new(System.IO.Path.Combine(System.IO.Path.GetFullPath(dataDirectory), "instances", instanceId.ToString()));

    /// <summary>The config is written in one piece, so that a computer is there or not, never half.</summary>
    public bool Exists => File.Exists(ConfigPath);

    public ConductorConfig? ReadConfig() => Read(ConfigPath, json => JsonSerializer.Deserialize(json, WireJson.Default.ConductorConfig));

    public RunFile? ReadRun() => Read(RunPath, json => JsonSerializer.Deserialize(json, WireJson.Default.RunFile));

    public void WriteConfig(ConductorConfig config)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new ProviderException("Local computers need Linux.") { Code = "no_linux", IsFinal = true };
        }

        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        var temporary = $"{ConfigPath}.{Guid.NewGuid():N}";
        using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            JsonSerializer.Serialize(file, config, WireJson.Default.ConductorConfig);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, ConfigPath, overwrite: true);
    }

    public void TurnLog()
    {
        if (new FileInfo(LogPath) is { Exists: true, Length: > LargestLog })
        {
            File.Move(LogPath, LogPath + ".1", overwrite: true);
        }
    }

    /// <summary>The config goes first: from then on the computer is gone, whatever is left of the folder.</summary>
    public void Delete()
    {
        if (Directory.Exists(path))
        {
            File.Delete(ConfigPath);
            Directory.Delete(path, recursive: true);
        }
    }

    private static T? Read<T>(string file, Func<string, T?> parse)
        where T : class
    {
        try
        {
            return parse(File.ReadAllText(file));
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            // Not there, or going away this moment.
            return null;
        }
    }
}
