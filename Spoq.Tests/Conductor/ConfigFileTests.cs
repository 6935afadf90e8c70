using System.Text.Json;
using Spoq.Core.Wire;

namespace Spoq.Tests.Conductor;

public sealed class ConfigFileTests
{
    [Theory]
    [InlineData("127.0.0.1:0", null)]
    [InlineData("[::1]:8443", null)]
    [InlineData("0.0.0.0:80", "loopback")]
    [InlineData("[::]:80", "loopback")]
    [InlineData("192.0.2.7:80", "loopback")]
    [InlineData("localhost", "an address and a port")]
    public void Only_a_loopback_address_is_listened_on(string listen, string? complaint)
    {
        var config = Configs.Of("/var/lib/conductor") with { Listen = listen };
        var file = Path.GetTempFileName();
        File.WriteAllText(file, JsonSerializer.Serialize(config, WireJson.Default.ConductorConfig));

        var isRead = Spoq.Conductor.ConfigFile.TryRead(file, out _, out _, out var said);

        File.Delete(file);
        Assert.Equal(complaint is null, isRead);
        Assert.Contains(complaint ?? "", said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_names_no_address_takes_a_free_port()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, $$"""
            {"instance_id":"{{Guid.NewGuid()}}","owner_id":"{{Guid.NewGuid()}}","hostname":"alice.spoq.test","issuer":"https://spoq.test",
             "jwks_url":"https://spoq.test/.well-known/jwks.json","control_plane_url":"https://spoq.test","data_directory":"/var/lib/conductor"}
            """);

        var isRead = Spoq.Conductor.ConfigFile.TryRead(file, out _, out var listen, out var said);

        File.Delete(file);
        Assert.True(isRead, said);
        Assert.Equal("127.0.0.1:0", listen!.ToString());
    }
}
