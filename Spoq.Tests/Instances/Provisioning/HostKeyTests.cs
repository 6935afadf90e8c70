using System.Diagnostics;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Provisioning;

using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>Host keys made here, judged by OpenSSH's own programs.</summary>
public sealed class HostKeyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-host-key-").FullName;

    [Fact]
    public async Task OpenSsh_reads_a_key_of_ours_and_comes_to_the_same_fingerprint()
    {
        for (var i = 0; i < 20; i++)
        {
            var key = HostKey.New();
            var file = await WriteAsync($"key{i}", key.Pem);

            Assert.Equal(key.PublicLine, string.Join(' ', (await Shell.CheckAsync($"ssh-keygen -y -f '{file}'")).Trim().Split(' ')[..2]));
            Assert.Equal(key.Fingerprint, (await Shell.CheckAsync($"ssh-keygen -l -f '{file}'")).Split(' ')[1]);
            Assert.Equal(key.Fingerprint, HostKey.Read(key.Pem).Fingerprint);
        }
    }

    [Fact]
    public async Task The_probe_learns_the_key_of_a_server_and_that_nobody_answers()
    {
        if (!File.Exists("/usr/sbin/sshd") || Environment.UserName != "root")
        {
            return;
        }

        var key = HostKey.New();
        var port = Loopback.FreePort();
        Directory.CreateDirectory("/run/sshd");
        var config = await WriteAsync("sshd_config", $"Port {port}\nListenAddress 127.0.0.1\nHostKey {await WriteAsync("host", key.Pem)}\nPidFile none\n");
        using var sshd = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-e", "-f", config]) { RedirectStandardError = true })!;
        try
        {
            string? seen = null;
            await Eventually.TrueAsync(async () => (seen = await SshProbe.FingerprintAsync("127.0.0.1", port, CancellationToken.None)) is not null, "sshd");
            Assert.Equal(key.Fingerprint, seen);
        }
        finally
        {
            sshd.Kill();
            await sshd.WaitForExitAsync();
        }

        Assert.Null(await SshProbe.FingerprintAsync("127.0.0.1", port, CancellationToken.None));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("SSH-2.0-Liar\r\n")]
    [InlineData("SSH-2.0-Liar\r\n\u0000\u0000\u0000\u000c\u000a\u0014aaaaaaaaaa")]
    [InlineData("SSH-2.0-Liar\r\n\u007f\u007f\u007f\u007f\u0001")]
    public async Task Who_does_not_speak_ssh_to_its_end_has_no_key(string said)
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var serving = Task.Run(async () =>
        {
            using var caller = await listener.AcceptTcpClientAsync();
            await caller.GetStream().WriteAsync(Encoding.Latin1.GetBytes(said));
        });

        Assert.Null(await SshProbe.FingerprintAsync("127.0.0.1", port, CancellationToken.None));
        await serving;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        await File.WriteAllTextAsync(path, text);
        await Shell.CheckAsync($"chmod 600 '{path}'");
        return path;
    }
}

/// <summary>A key is made with the first order and stays whatever happens to servers.</summary>
public sealed class HostKeyOfInstanceTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task It_is_made_with_the_order_kept_encrypted_and_given_to_every_server_of_the_instance()
    {
        var account = await fixture.AddAccountAsync();
        var instance = new Instance(Guid.CreateVersion7(), account, "keyed", "keyed.localhost", "alice", "cloud", "local", "elsewhere", fixture.Clock.Now);
        await using (var db = fixture.NewContext())
        {
            db.Add(instance);
            await db.SaveChangesAsync();
            await db.Database.ExecuteSqlAsync($"update instances set state = 'provisioning', road = 'create', step = 'create_server' where id = {instance.Id}");
        }

        var first = await OrderAsync(instance.Id);
        var again = await OrderAsync(instance.Id);
        await using (var db = fixture.NewContext())
        {
            await db.Database.ExecuteSqlAsync($"update provider_servers set removed_at = now() where instance_id = {instance.Id}");
        }

        var rebuilt = await OrderAsync(instance.Id);

        Assert.StartsWith("SHA256:", first.HostKeyFingerprint, StringComparison.Ordinal);
        Assert.Equal((first.HostKeyFingerprint, first.HostKeyFingerprint), (again.HostKeyFingerprint, rebuilt.HostKeyFingerprint));
        Assert.NotEqual(first.ProvisioningToken, rebuilt.ProvisioningToken);
        await using var last = fixture.NewContext();
        var stored = (await last.Instances.SingleAsync(row => row.Id == instance.Id)).SealedHostKey!;
        Assert.DoesNotContain("OPENSSH", Encoding.Latin1.GetString(stored), StringComparison.Ordinal);
        Assert.Equal(first.HostKeyFingerprint, HostKey.Read(Encoding.ASCII.GetString(fixture.Get<SecretBox>().Open(stored, HostKey.Purpose))).Fingerprint);
    }

    private async Task<OpenOrder> OrderAsync(Guid instanceId)
    {
        await using var db = fixture.NewContext();
        var row = await db.Instances.AsNoTracking().SingleAsync(one => one.Id == instanceId);
        return await fixture.Get<ServerLedger>().OpenAsync(row, CancellationToken.None) ?? throw new InvalidOperationException("The order was withdrawn.");
    }
}
