using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Containers;

using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>Computers that are containers, from the order to the end, with the engine, servers and clients that people use.</summary>
[Collection(EngineTests.Name)]
public sealed class ContainerStory(ContainerCloud cloud) : IClassFixture<ContainerCloud>
{
    [EngineFact]
    public async Task A_container_is_ordered_visited_switched_off_made_anew_and_removed_without_a_trace()
    {
        var alice = await cloud.BuyAsync("alice");
        await IsVisitedAsync(alice);
        await IsPrivateAsync(alice);

        var inner = await InnerHostKeyAsync(alice);
        Assert.Equal(0, (await cloud.SshAsync(alice.Key, "alice", "echo mine >~/note")).Code);
        await IsSwitchedOffAndOnAsync(alice);
        Assert.Equal("mine\n", (await cloud.SshAsync(alice.Key, "alice", "cat ~/note")).Output);

        // The engine's machine is repaired: what was a container is made from the volume again.
        await Shell.CheckAsync($"{TestEngine.Podman} rm -f -t 3 {alice.Name}");
        using (var made = await cloud.CallAsync(HttpMethod.Post, "create", ContainerCloud.OperatorKey, JsonSerializer.Serialize(new { instance_id = alice.Instance.Id })))
        {
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        }

        await Eventually.TrueAsync(async () => (await cloud.SshAsync(alice.Key, "alice", "cat ~/note")).Output == "mine\n", "the computer that was made anew", TimeSpan.FromSeconds(60));
        Assert.Equal(inner, await InnerHostKeyAsync(alice));
        await Eventually.TrueAsync(async () => (await cloud.SshAsync(alice.Key, "alice", "spoq ask hello")).Output.Contains("hello", StringComparison.Ordinal), "its Conductor");

        Assert.Null(await cloud.Node.Services.GetRequiredService<DeviceService>().RemoveAsync(alice.AccountId, alice.DeviceId, CancellationToken.None));
        var refused = await cloud.SshAsync(alice.Key, "alice", "id -un");
        Assert.Contains("Permission denied (publickey)", refused.Errors, StringComparison.Ordinal);

        Assert.Null(await cloud.Node.Services.GetRequiredService<InstanceService>().DeleteAsync(alice.AccountId, alice.Instance.Id, CancellationToken.None));
        await cloud.Node.UntilAsync(alice.Instance.Id, row => row.State == InstanceState.Deleted, "its end");
        Assert.Equal("", await TestEngine.EverythingAsync(alice.Name));
        Assert.DoesNotContain("200", (await cloud.WebAsync(alice)).Output, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => !cloud.Names.Contains(alice.Instance.Address, StringComparison.Ordinal), "its name to be unknown");
    }

    [EngineFact]
    public async Task Neighbours_do_not_reach_each_other()
    {
        var (bob, carol) = (await cloud.BuyAsync("bob"), await cloud.BuyAsync("carol"));
        var address = (await Shell.CheckAsync($$$"""{{{TestEngine.Podman}}} inspect {{{carol.Name}}} --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'""")).Trim();

        // From the machine itself it is there; from the neighbour it is not.
        Assert.Equal(0, (await Shell.RunAsync("bash", ["-c", $"timeout 60 bash -c '</dev/tcp/{address}/22'"])).Code);
        Assert.NotEqual(0, (await ContainerCloud.InsideAsync(bob, $"timeout 3 bash -c '</dev/tcp/{address}/22'")).Code);
        Assert.NotEqual(0, (await ContainerCloud.InsideAsync(bob, $"timeout 3 bash -c '</dev/tcp/{address}/8080'")).Code);

        // A key opens its own owner's computers, by whatever name.
        Assert.Equal("bob\n", (await cloud.SshAsync(bob.Key, bob.Instance.Address, "id -un")).Output);
        foreach (var name in (string[])[carol.Instance.Address, "carol", "root", "keys"])
        {
            var said = await cloud.SshAsync(bob.Key, name, "id -un");
            Assert.Equal(255, said.Code);
            Assert.Contains("Permission denied (publickey)", said.Errors, StringComparison.Ordinal);
        }
    }

    [EngineFact]
    public async Task An_operator_looks_adds_users_and_keys_and_cannot_take_what_is_in_use()
    {
        var dora = await cloud.BuyAsync("dora");
        using var nobody = await cloud.CallAsync(HttpMethod.Get, $"{dora.Instance.Id}/status", null);
        using var wrong = await cloud.CallAsync(HttpMethod.Get, $"{dora.Instance.Id}/status", "x" + ContainerCloud.OperatorKey);
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (nobody.StatusCode, wrong.StatusCode));

        using var looked = await cloud.CallAsync(HttpMethod.Get, $"{dora.Instance.Id}/status", ContainerCloud.OperatorKey);
        var status = await looked.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("running", status.GetProperty("status").GetString());
        Assert.InRange(status.GetProperty("memory_bytes").GetInt64(), 1, status.GetProperty("memory_limit_bytes").GetInt64());

        using var user = await cloud.CallAsync(HttpMethod.Post, $"{dora.Instance.Id}/add-user", ContainerCloud.OperatorKey, """{"username":"visitor"}""");
        Assert.Equal(HttpStatusCode.OK, user.StatusCode);
        Assert.Equal("visitor\n", (await ContainerCloud.InsideAsync(dora, "id -un", "visitor")).Output);
        using var bad = await cloud.CallAsync(HttpMethod.Post, $"{dora.Instance.Id}/add-user", ContainerCloud.OperatorKey, """{"username":"root; reboot"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, bad.StatusCode);

        var key = cloud.PathOf("key-phone");
        await ContainerCloud.NewKeyAsync(key);
        using var added = await cloud.CallAsync(HttpMethod.Post, $"{dora.Instance.Id}/add-key", ContainerCloud.OperatorKey, JsonSerializer.Serialize(new { public_key = await File.ReadAllTextAsync(key + ".pub"), name = "phone" }));
        Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        Assert.Equal("dora\n", (await cloud.SshAsync(key, "dora", "id -un")).Output);

        using var kept = await cloud.CallAsync(HttpMethod.Delete, $"{dora.Instance.Id}", ContainerCloud.OperatorKey);
        using var missing = await cloud.CallAsync(HttpMethod.Delete, $"{Guid.CreateVersion7()}", ContainerCloud.OperatorKey);
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.NotFound), (kept.StatusCode, missing.StatusCode));
    }

    private async Task IsVisitedAsync(Tenant tenant)
    {
        var shown = await Shell.CheckAsync($"ssh-keygen -lf '{cloud.PathOf("ssh_host_ecdsa_key.pub")}'");
        Assert.Equal(shown.Split(' ')[1], tenant.Instance.HostKeyFingerprint);
        foreach (var name in (string[])[tenant.Username, tenant.Instance.Address])
        {
            var said = await cloud.SshAsync(tenant.Key, name, "id -un; exit 7");
            Assert.True(said.Output == $"{tenant.Username}\n", said.Errors);
            Assert.Equal(7, said.Code);
        }

        var asked = await cloud.SshAsync(tenant.Key, tenant.Username, "spoq ask hello");
        Assert.True(asked.Output.Contains("hello", StringComparison.Ordinal), asked.Errors);
        var terminal = await cloud.SshAsync(tenant.Key, tenant.Username, "tty", "-tt");
        Assert.StartsWith("/dev/pts/", terminal.Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(cloud.PathOf("letter"), "dear computer\n");
        var copied = await cloud.CopyAsync(tenant.Key, cloud.PathOf("letter"), $"{tenant.Username}@127.0.0.1:letter");
        Assert.True(copied.Code == 0, copied.Errors);
        Assert.Equal("dear computer\n", (await cloud.SshAsync(tenant.Key, tenant.Username, "cat letter")).Output);
        Assert.EndsWith("200", (await cloud.WebAsync(tenant)).Output, StringComparison.Ordinal);
    }

    /// <summary>Through the gateway there is a terminal, a command and files; nothing else, and nobody but who is known.</summary>
    private async Task IsPrivateAsync(Tenant tenant)
    {
        var stranger = cloud.PathOf("key-stranger");
        await ContainerCloud.NewKeyAsync(stranger);
        Assert.Contains("Permission denied (publickey)", (await cloud.SshAsync(stranger, tenant.Username, "id")).Errors, StringComparison.Ordinal);
        Assert.NotEqual(0, (await cloud.SshAsync(tenant.Key, tenant.Username, "id", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:22")).Code);
        Assert.Equal("", (await cloud.SshAsync(tenant.Key, tenant.Username, "", "-W", $"127.0.0.1:{cloud.SshPort}")).Output);
        Assert.Equal("none\n", (await cloud.SshAsync(tenant.Key, tenant.Username, "echo ${SSH_AUTH_SOCK:-none}", "-A")).Output);

        // Inside nobody becomes more than they are.
        Assert.Equal("1\n", (await cloud.SshAsync(tenant.Key, tenant.Username, "sed -n 's/^NoNewPrivs:.//p' /proc/self/status")).Output);
        Assert.Equal("", (await cloud.SshAsync(tenant.Key, tenant.Username, "find / -xdev -perm /6000 -type f 2>/dev/null")).Output);
        Assert.NotEqual(0, (await cloud.SshAsync(tenant.Key, tenant.Username, "cat /home/.spoq/settings /etc/conductor/config.json /etc/ssh/ssh_host_spoq_key /proc/1/environ")).Code);
    }

    private async Task IsSwitchedOffAndOnAsync(Tenant tenant)
    {
        var instances = cloud.Node.Services.GetRequiredService<InstanceService>();
        Assert.Null(await instances.StopAsync(tenant.AccountId, tenant.Instance.Id, CancellationToken.None));
        await cloud.Node.UntilAsync(tenant.Instance.Id, row => row.State == InstanceState.Stopped, "the computer to be off");
        await Eventually.TrueAsync(async () => (await cloud.WebAsync(tenant)).Output.EndsWith("503", StringComparison.Ordinal), "the gateway to say that it is off");
        Assert.Null(await instances.StartAsync(tenant.AccountId, tenant.Instance.Id, CancellationToken.None));
        await cloud.Node.UntilAsync(tenant.Instance.Id, row => row.State == InstanceState.Running, "the computer to be on");
    }

    private static async Task<string> InnerHostKeyAsync(Tenant tenant) => (await ContainerCloud.InsideAsync(tenant, "cat /etc/ssh/ssh_host_spoq_key.pub")).Output;
}
