using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances;
using Spoq.Tests.Instances.Containers;
using Spoq.Tests.Support;

namespace Spoq.Bench;

using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>
/// From the payment to a computer that was seen running from outside, on the container provider with its gateway, beside a bare
/// <c>podman run</c> of the same image until its sshd answers. Cold: nothing of either is in the machine's cache.
/// </summary>
internal static class CheckoutBench
{
    private const int Warm = 10;
    private const int Cold = 3;

    public static async Task RunAsync()
    {
        if (TestEngine.Missing is { } missing)
        {
            Console.WriteLine($"not measured: {missing}");
            return;
        }

        var cloud = new ContainerCloud();
        await cloud.InitializeAsync();
        try
        {
            var image = (await TestEngine.OptionsAsync(await TestEngine.ImageAsync("instance"))).Image;
            await MeasureAsync(cloud, image, "first of all");
            if (await CanForgetAsync())
            {
                await RepeatAsync(cloud, image, "cold", Cold, ForgetAsync);
            }
            else
            {
                Console.WriteLine("cold: not measured, this machine does not let its cache be dropped");
            }

            await RepeatAsync(cloud, image, "warm", Warm, () => Task.CompletedTask);
        }
        finally
        {
            await cloud.DisposeAsync();
        }
    }

    private static async Task RepeatAsync(ContainerCloud cloud, string image, string name, int rounds, Func<Task> before)
    {
        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await before();
            bare.Add(await BareAsync(image));
            await before();
            ours.Add(await OursAsync(cloud, $"{name}{round}"));
        }

        Console.WriteLine($"bare podman run until sshd answers, {name}: p50 {bare.Median():0.00} s, p95 {bare.Percentile(0.95):0.00} s");
        Console.WriteLine($"checkout to ready, {name}: p50 {ours.Median():0.00} s, p95 {ours.Percentile(0.95):0.00} s; ratio {ours.Zip(bare, (a, b) => a / b).Median():0.00} (median of {rounds} interleaved rounds)");
    }

    private static async Task MeasureAsync(ContainerCloud cloud, string image, string name)
    {
        var bare = await BareAsync(image);
        Console.WriteLine($"{name}: bare {bare:0.00} s, checkout to ready {await OursAsync(cloud, "first"):0.00} s");
    }

    /// <summary>By the control plane's own clock, from the payment's settlement to the last step.</summary>
    private static async Task<double> OursAsync(ContainerCloud cloud, string username)
    {
        var tenant = await cloud.BuyAsync(username);
        var refusal = await cloud.Node.Services.GetRequiredService<InstanceService>().DeleteAsync(tenant.AccountId, tenant.Instance.Id, CancellationToken.None);
        if (refusal is not null)
        {
            throw new InvalidOperationException(refusal.Message);
        }

        await cloud.Node.UntilAsync(tenant.Instance.Id, row => row.State == InstanceState.Deleted, "its end");
        return (tenant.Instance.ReadyAt!.Value - tenant.Instance.PaidAt!.Value).TotalSeconds;
    }

    private static async Task<double> BareAsync(string image)
    {
        const string Name = "spoq-bench-bare";
        var watch = Stopwatch.StartNew();
        await Shell.CheckAsync($"{TestEngine.Podman} run -d --name {Name} --ulimit nofile=4096:4096 --ulimit nproc=8192:8192 -p 127.0.0.1::22 --entrypoint /bin/sh {image} -c 'mkdir -p /run/sshd && ssh-keygen -A && exec /usr/sbin/sshd -D -e -f /dev/null'");
        var port = int.Parse((await Shell.CheckAsync($"{TestEngine.Podman} port {Name} 22/tcp")).Trim().Split(':')[^1], CultureInfo.InvariantCulture);
        await Eventually.TrueAsync(() => Task.FromResult(Greets(port)), "the bare sshd");
        var taken = watch.Elapsed.TotalSeconds;
        await Shell.CheckAsync($"{TestEngine.Podman} rm -f -t 0 {Name}");
        return taken;
    }

    /// <summary>The first line of RFC 4253, 4.2.</summary>
    private static bool Greets(int port)
    {
        try
        {
            using var line = new TcpClient("127.0.0.1", port);
            line.ReceiveTimeout = 2000;
            using var reader = new StreamReader(line.GetStream());
            return reader.ReadLine()?.StartsWith("SSH-2.0-", StringComparison.Ordinal) == true;
        }
        catch (Exception notYet) when (notYet is SocketException or IOException)
        {
            return false;
        }
    }

    private static async Task<bool> CanForgetAsync() => (await Shell.RunAsync("sh", ["-c", "sync; echo 3 >/proc/sys/vm/drop_caches"])).Code == 0;

    private static async Task ForgetAsync() => await Shell.CheckAsync("sync; echo 3 >/proc/sys/vm/drop_caches");
}
