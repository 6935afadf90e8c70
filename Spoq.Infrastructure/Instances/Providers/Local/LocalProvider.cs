using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Local;

/// <summary>
/// Development's provider: a computer is a data folder, and it is switched on while a Conductor runs on it. The folder's
/// lock, taken by the Conductor itself, decides that there is never a second one, whoever died when.
/// </summary>
internal sealed class LocalProvider(IOptions<SpoqOptions> spoq, IOptions<LocalOptions> local) : IServerProvider
{
    public const string Key = "local";

    public string Name => Key;

    public ServerCapabilities Capabilities => ServerCapabilities.Delete | ServerCapabilities.Resize | ServerCapabilities.Shrink;

    public TimeSpan LookupLag => TimeSpan.Zero;

    public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ServerRegion>>([new ServerRegion(Key, "This machine", IsAvailable: true)]);

    public Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) => Task.FromResult(Look(instanceId));

    public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ListedServer>>([.. Folders().Select(Look).OfType<Server>().Select(server => new ListedServer(server.Reference, IdOf(server.Reference), server.Reference, server.Power))]);

    public Task<Server?> GetAsync(string reference, CancellationToken cancellationToken) => Task.FromResult(Look(IdOf(reference)));

    public Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        var folder = FolderOf(order.InstanceId);
        if (!folder.Exists)
        {
            folder.WriteConfig(Addressed(new ConductorConfig
            {
                InstanceId = order.InstanceId,
                OwnerId = order.AccountId,
                Hostname = order.Hostname,
                Issuer = "",
                JwksUrl = spoq.Value.BaseUrl,
                ControlPlaneUrl = spoq.Value.BaseUrl,
                ProvisioningToken = order.ProvisioningToken,
                DataDirectory = folder.Path,
                Mode = Key,
            }));
        }

        SwitchOn(folder);
        return Task.FromResult(Look(order.InstanceId)!);
    }

    public Task StartAsync(string reference, CancellationToken cancellationToken)
    {
        var folder = FolderOf(IdOf(reference));
        if (folder.ReadConfig() is not { } config)
        {
            throw new ProviderException("The computer's data folder is gone.") { Code = "server_gone", IsFinal = true };
        }

        if (ConductorProcess.All(folder.ConfigPath).Count == 0)
        {
            // The control plane may answer elsewhere than when the computer was made.
            folder.WriteConfig(Addressed(config));
            SwitchOn(folder);
        }

        return Task.CompletedTask;
    }

    public async Task StopAsync(string reference, CancellationToken cancellationToken)
    {
        var folder = FolderOf(IdOf(reference));
        var processes = ConductorProcess.All(folder.ConfigPath);
        foreach (var process in processes)
        {
            process.AskToStop();
        }

        var waits = (int)(local.Value.StopGraceSeconds * 20);
        for (var i = 0; i < waits && processes.Any(process => process.IsAlive); i++)
        {
            await Task.Delay(50, cancellationToken);
        }

        foreach (var process in ConductorProcess.All(folder.ConfigPath))
        {
            process.End();
        }
    }

    /// <summary>A process takes what the machine has, whatever its plan says.</summary>
    public Task ResizeAsync(string reference, ServerSize size, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Its disk is everybody's on this machine: only its own folder counts.</summary>
    public Task<long?> DataBytesAsync(string reference, CancellationToken cancellationToken) =>
        Task.FromResult<long?>(new DirectoryInfo(FolderOf(IdOf(reference)).Path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Sum(file => file.Length));

    public async Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken)
    {
        await StopAsync(reference, cancellationToken);
        try
        {
            FolderOf(IdOf(reference)).Delete();
            return new ServerEnd.Gone();
        }
        catch (IOException error)
        {
            // A command that ran on the computer may still be writing.
            throw new ProviderException("The computer's files are still in use.", error) { Code = "files_in_use", WaitFor = TimeSpan.FromSeconds(1) };
        }
    }

    /// <summary>The computers on this machine that are switched on.</summary>
    public IEnumerable<string> Running() =>
        Folders().Select(Look).OfType<Server>().Where(server => server.Power != ServerPower.Stopped).Select(server => server.Reference);

    private IEnumerable<Guid> Folders()
    {
        var root = Path.Combine(spoq.Value.DataDirectory, "instances");
        return Directory.Exists(root)
            ? Directory.EnumerateDirectories(root).Select(folder => Guid.TryParse(Path.GetFileName(folder), out var id) ? id : (Guid?)null).OfType<Guid>()
            : [];
    }

    private ConductorFolder FolderOf(Guid instanceId) => ConductorFolder.Of(spoq.Value.DataDirectory, instanceId);

    private void SwitchOn(ConductorFolder folder)
    {
        if (ConductorProcess.All(folder.ConfigPath).Count == 0)
        {
            ConductorLauncher.Start(local.Value.ConductorPath, folder);
        }
    }

    private Server? Look(Guid instanceId)
    {
        var folder = FolderOf(instanceId);
        if (!folder.Exists)
        {
            return null;
        }

        var reference = instanceId.ToString();
        if (folder.ReadRun() is { } run && ConductorProcess.Find(run.Pid, folder.ConfigPath) is not null)
        {
            return new Server(reference, ServerPower.Running, $"http://127.0.0.1:{run.Port}", "127.0.0.1", null);
        }

        var isStarting = ConductorProcess.All(folder.ConfigPath).Count > 0;
        return new Server(reference, isStarting ? ServerPower.Starting : ServerPower.Stopped, null, "127.0.0.1", null);
    }

    private ConductorConfig Addressed(ConductorConfig config)
    {
        var home = spoq.Value.BaseUrl;
        return config with
        {
            Issuer = RuntimeTokens.IssuerOf(spoq.Value),
            JwksUrl = new Uri(home, "/.well-known/jwks.json"),
            ControlPlaneUrl = home,
        };
    }

    private static Guid IdOf(string reference) => Guid.Parse(reference);
}
