using System.Diagnostics;
using System.Text;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Instances.Sweep;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>The last look from outside, at a real SSH server: whoever shows another host key than the computer was given is not the computer.</summary>
public sealed class VerifyStepTests(ScriptedWorld world) : IClassFixture<ScriptedWorld>, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-verify-").FullName;
    private Process? _sshd;

    [SshdFact]
    public async Task Another_host_key_fails_with_its_reason_and_the_computer_is_never_ready()
    {
        await ServeAsync(HostKey.New());
        var id = await world.BuyAsync();

        var failed = await world.DriveAsync(id, instance => instance.State == InstanceState.Failed);

        Assert.Equal((Step.Verify, "wrong_host_key"), (failed.Step, failed.ErrorCode));
        Assert.Contains("another SSH host key", failed.ErrorMessage, StringComparison.Ordinal);
        Assert.Null(failed.ReadyAt);
        Assert.Equal(KeyOf(failed).Fingerprint, failed.HostKeyFingerprint);
    }

    [SshdFact]
    public async Task The_key_that_it_was_given_makes_it_ready_also_after_another_had_answered()
    {
        await ServeAsync(HostKey.New());
        var id = await world.BuyAsync();
        var waiting = await world.DriveAsync(id, instance => instance is { Step: Step.Verify, Attempts: > 0 });
        await StopAsync();

        await ServeAsync(KeyOf(waiting));
        var ready = await world.DriveAsync(id, InstanceState.Running);

        Assert.Equal(KeyOf(waiting).Fingerprint, ready.HostKeyFingerprint);
    }

    [SshdFact]
    public async Task Who_does_not_answer_by_ssh_is_waited_for_and_then_named()
    {
        world.Provider.SshPort = Loopback.FreePort();
        var id = await world.BuyAsync();

        var waiting = await world.DriveAsync(id, instance => instance is { Step: Step.Verify, WaitingFor: not null });
        var failed = await world.DriveAsync(id, instance => instance.State == InstanceState.Failed);

        Assert.Equal("The computer does not answer by SSH yet.", waiting.WaitingFor);
        Assert.Equal((Step.Verify, "deadline"), (failed.Step, failed.ErrorCode));
    }

    public Task InitializeAsync()
    {
        world.Reset();
        world.Provider.Capabilities = ServerCapabilities.Delete | ServerCapabilities.Ssh;
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private HostKey KeyOf(Instance instance) => HostKey.Read(Encoding.ASCII.GetString(world.Get<SecretBox>().Open(instance.SealedHostKey!, HostKey.Purpose)));

    private async Task ServeAsync(HostKey key)
    {
        var port = world.Provider.SshPort = Loopback.FreePort();
        var (host, config) = (Path.Combine(_folder, $"host{port}"), Path.Combine(_folder, $"config{port}"));
        await File.WriteAllTextAsync(host, key.Pem);
        File.SetUnixFileMode(host, UnixFileMode.UserRead);
        await File.WriteAllTextAsync(config, $"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nPidFile none\n");
        Directory.CreateDirectory("/run/sshd");
        _sshd = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-f", config]))!;
        await Eventually.TrueAsync(async () => await SshProbe.FingerprintAsync("127.0.0.1", port, CancellationToken.None) == key.Fingerprint, "sshd");
    }

    private async Task StopAsync()
    {
        if (_sshd is { } sshd)
        {
            sshd.Kill();
            await sshd.WaitForExitAsync();
            sshd.Dispose();
            _sshd = null;
        }
    }
}

/// <summary>Where there is no SSH server to start, it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SshdFactAttribute : FactAttribute
{
    public SshdFactAttribute() => Skip = File.Exists("/usr/sbin/sshd") && Environment.UserName == "root" ? null : "There is no sshd that this user may start.";
}
