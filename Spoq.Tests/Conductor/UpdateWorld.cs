using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Spoq.Conductor;
using Spoq.Core.Releases;
using Spoq.Core.Wire;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>A computer with a Conductor that is a small script, what restarts it, and a control plane that offers another one.</summary>
internal sealed class UpdateWorld : IDisposable
{
    private readonly HttpListener _listener;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-updater-").FullName;

    public UpdateWorld()
    {
        _listener = Loopback.Listen(out var root);
        var port = root.Port;
        _ = ServeAsync();
        Directory.CreateDirectory(Data);
        Config = Configs.Of(Data, $"http://127.0.0.1:{port}") with { Update = new UpdateConfig(Program, ["/bin/sh", Restart]) };
        File.WriteAllText(ConfigFile, JsonSerializer.Serialize(Config, WireJson.Default.ConductorConfig));
        File.WriteAllText(Path.Combine(Data, "instance_token.json"), """{"for":"","instance_token":"of-the-instance"}""");
        File.WriteAllText(Path.Combine(Data, "run.json"), JsonSerializer.Serialize(new RunFile(1, port, DateTimeOffset.UtcNow, "0.1.0"), WireJson.Default.RunFile));
        Reset();
    }

    public ConductorConfig Config { get; }

    public string ConfigFile => Path.Combine(_folder, "config.json");

    public string Program => Path.Combine(_folder, "conductor");

    public string Data => Path.Combine(_folder, "data");

    public string OutcomeFile => Path.Combine(Data, "update.json");

    public string PublicKey => Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo());

    public byte[] Build { get; set; } = Script("9.9.9");

    /// <summary>Null: the control plane has nothing.</summary>
    public UpdateOffer? Offer { get; set; }

    /// <summary>For the computer's own <c>spoq</c>; null: nothing.</summary>
    public UpdateOffer? CommandLineOffer { get; set; }

    public string CommandLine => Path.Combine(_folder, "spoq");

    public int Downloads { get; private set; }

    /// <summary>What the restarted program is called when asked whether it is well; null: it does not answer.</summary>
    public Func<string, string?> Health { get; set; } = version => version;

    /// <summary>Half of the build comes, and then nothing.</summary>
    public bool StallsHalfway { get; set; }

    public UpdateOutcome? Outcome => File.Exists(OutcomeFile) ? JsonSerializer.Deserialize(File.ReadAllText(OutcomeFile), WireJson.Default.UpdateOutcome) : null;

    private string Restart => Path.Combine(_folder, "restart.sh");

    private string Running => Path.Combine(_folder, "running");

    public static byte[] Script(string version) => Encoding.UTF8.GetBytes($"#!/bin/sh\necho {version}\n# {new string('x', 100_000)}\n");

    /// <summary>As if nothing had ever been updated.</summary>
    /// <param name="onRestart">A line of shell that comes first; the updater is its parent.</param>
    public void Reset(string onRestart = "")
    {
        foreach (var file in Directory.GetFiles(_folder, "*conductor*").Append(OutcomeFile))
        {
            File.Delete(file);
        }

        File.WriteAllBytes(Program, Script(ConductorVersion.Current));
        File.SetUnixFileMode(Program, (UnixFileMode)0b111_101_101);
        File.WriteAllText(Restart, $"{onRestart}\n'{Program}' --version > '{Running}'\n");
        File.WriteAllText(Running, ConductorVersion.Current);
        Offer = OfferOf(Build);
    }

    public void PutCommandLine(string version)
    {
        File.WriteAllBytes(CommandLine, Script(version));
        File.SetUnixFileMode(CommandLine, (UnixFileMode)0b111_101_101);
    }

    public UpdateOffer OfferOf(byte[] build, string version = "9.9.9", bool isForced = false, string name = "conductor-linux-amd64")
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(build));
        var signature = Convert.ToBase64String(_key.SignData(ReleaseSignature.Text(name, version, sha256), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        return new UpdateOffer(name, version, build.Length, sha256, signature, isForced, "once");
    }

    /// <summary>The real updater as a process of its own.</summary>
    /// <param name="before">What it is run under.</param>
    public Process Launch(params string[] before)
    {
        string[] words = [.. before, "dotnet", Repository.Built("Spoq.Conductor", "Spoq.Conductor.dll"), "update", "--config", ConfigFile];
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_EnableDiagnostics"] = "0";

        // One thread makes all the calls that strace counts for each thread.
        start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        return Process.Start(start)!;
    }

    public async Task<int> RunAsync(params string[] before)
    {
        using var process = Launch(before);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(150));
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        await output;
        return process.ExitCode;
    }

    /// <summary>What the program says that it is, run as the system would.</summary>
    public async Task<string> VersionAsync()
    {
        using var process = Process.Start(new ProcessStartInfo(Program, ["--version"]) { RedirectStandardOutput = true })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return said.Trim();
    }

    public void Dispose()
    {
        _listener.Close();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or IOException)
            {
                // Hung up, or the test is over.
            }
        }
    }

    private async Task<UpdateOffer?> OfferAsync(HttpListenerRequest request)
    {
        var ask = await JsonSerializer.DeserializeAsync(request.InputStream, WireJson.Default.UpdateAsk);
        return ask!.Artifact.StartsWith("spoq", StringComparison.Ordinal) ? CommandLineOffer : Offer;
    }

    private async Task AnswerAsync(HttpListenerContext call)
    {
        var what = call.Request.Url!.Segments[^1];
        var health = what == "health" ? Health((await File.ReadAllTextAsync(Running)).Trim()) : null;
        byte[]? body = what switch
        {
            "health" => health is null ? null : JsonSerializer.SerializeToUtf8Bytes(new HealthAnswer("ok", health, 1), WireJson.Default.HealthAnswer),
            "update" => await OfferAsync(call.Request) is { } offer ? JsonSerializer.SerializeToUtf8Bytes(offer, WireJson.Default.UpdateOffer) : [],
            _ => Build,
        };
        call.Response.StatusCode = body is null ? 503 : body.Length == 0 ? 204 : 200;
        call.Response.ContentType = "application/json";
        if (what.StartsWith("conductor", StringComparison.Ordinal))
        {
            Downloads++;
            call.Response.ContentLength64 = Build.Length;
            if (StallsHalfway)
            {
                await call.Response.OutputStream.WriteAsync(Build.AsMemory(0, Build.Length / 2));
                await call.Response.OutputStream.FlushAsync();
                return;
            }
        }

        await call.Response.OutputStream.WriteAsync(body ?? []);
        call.Response.Close();
    }
}
