using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Tests.Ai.Metering;

public sealed class RequestIdTests
{
    [Fact]
    public void An_id_tells_its_time_and_its_version_and_is_nobody_elses()
    {
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

        var ids = Enumerable.Range(0, 10_000).Select(_ => RequestIds.New(now)).ToList();

        Assert.Equal(10_000, ids.Distinct().Count());
        Assert.All(ids, id =>
        {
            Assert.Equal((7, 0x8), (id.Version, id.Variant & 0xC));
            Assert.Equal(now.ToUnixTimeMilliseconds(), Convert.ToInt64(id.ToString("n")[..12], 16));
        });

        // What came from the system's randomness is all of the rest: no bit of it stands still.
        var rest = ids.Select(id => id.ToByteArray(bigEndian: true)).ToList();
        Assert.All(Enumerable.Range(9, 7), at => Assert.True(rest.Select(bytes => bytes[at]).Distinct().Count() > 200));
    }
}
