using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Tests.Ai.Metering;

/// <summary>
/// Makes calls without end, on four threads, and says on its standard output what it is about to do and what it did. It
/// runs in a process of its own, to be killed.
/// </summary>
internal static class SpoolWriter
{
    public const string Name = "spool-writer";

    /// <summary>No one step produces more.</summary>
    public const int Step = 3;

    public static readonly Guid Account = new("0197a000-0000-7000-8000-000000000001");

    /// <param name="folder">Of the spool.</param>
    /// <param name="database">Where to send it; <c>-</c>: nowhere.</param>
    public static async Task<int> RunAsync(string folder, string database)
    {
        var options = Options.Create(new SpoolOptions { SpoolDirectory = folder });
        using var meter = new UsageMeter(options, TimeProvider.System, NullLogger<UsageMeter>.Instance);
        if (database != "-")
        {
            var shipper = new UsageShipper(meter, new UsageBooks(NpgsqlDataSource.Create(database), TimeProvider.System), options, NullLogger<UsageShipper>.Instance);
            await shipper.StartAsync(CancellationToken.None);
        }

        var output = Console.OpenStandardOutput();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Factory.StartNew(() => Write(meter, output, new Random(writer)), TaskCreationOptions.LongRunning));
        await Task.WhenAll(writers);
        return 0;
    }

    private static void Write(UsageMeter meter, Stream output, Random random)
    {
        void Say(string line)
        {
            // One system call: what was said is the parent's, whatever happens to us next.
            lock (output)
            {
                output.Write(Encoding.ASCII.GetBytes(line + "\n"));
            }
        }

        while (true)
        {
            if (meter.Open(UsageWorld.Facts(Account)) is not { } call)
            {
                Thread.Yield();
                continue;
            }

            var id = call.RequestId.ToString("n");
            Say($"open {id}");
            call.Asked();
            Say($"asked {id}");
            var produced = 0;
            for (var left = random.Next(6); left > 0; left--)
            {
                produced += random.Next(1, Step + 1);
                call.Produced(produced);
                Say($"produced {id} {produced}");
            }

            if (random.Next(10) == 0)
            {
                Say($"abandoning {id}");
                call.Abandon();
                Say($"abandoned {id}");
                continue;
            }

            Say($"ending {id} {produced + 1000}");
            call.End(new TokenUsage(20, 0, 0, produced + 1000, 0), false, 200, TimeSpan.FromMilliseconds(1));
            Say($"ended {id} {produced + 1000}");
        }
    }
}
