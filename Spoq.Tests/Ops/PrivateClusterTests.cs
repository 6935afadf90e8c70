using Spoq.Infrastructure.Data;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class PrivateClusterTests
{
    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

    [Fact]
    public async Task A_first_start_that_was_stopped_halfway_is_made_good_by_the_next()
    {
        var folder = Directory.CreateTempSubdirectory("spoq-cluster-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            // PostgreSQL's own user must get in, where the tests run as root.
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        var cluster = new PrivateCluster(Path.Combine(folder, "postgres"), durable: false);
        using var stop = new CancellationTokenSource();
        var first = cluster.EnsureStartedAsync("spoq", stop.Token);
        await Eventually.TrueAsync(() => Directory.EnumerateFiles(folder, "PG_VERSION", s_everywhere).Any(), "the cluster to be half made");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        try
        {
            Assert.Contains("Database=spoq", await cluster.EnsureStartedAsync("spoq", CancellationToken.None), StringComparison.Ordinal);
        }
        finally
        {
            await cluster.StopAsync(CancellationToken.None);
            Directory.Delete(folder, recursive: true);
        }
    }
}
