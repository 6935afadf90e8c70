using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Devices.SshId;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Emulators.SshId;

namespace Spoq.Tests.Devices;

public sealed class SshIdDirectoryTests : IAsyncLifetime
{
    private static readonly HostingEnvironment s_development = new() { EnvironmentName = Environments.Development };
    private static readonly HostingEnvironment s_production = new() { EnvironmentName = Environments.Production };
    private SshIdEmulator _emulator = null!;

    public async Task InitializeAsync() => _emulator = await SshIdEmulator.StartAsync();

    public async Task DisposeAsync() => await _emulator.DisposeAsync();

    [Fact]
    public async Task All_keys_of_a_handle_are_found()
    {
        _emulator.Handles["alice"] = [SshKeygen.New("-t", "ed25519").Public, SshKeygen.New("-t", "ecdsa").Public];

        var found = Assert.IsType<DirectoryAnswer.Found>(await AskAsync("alice"));

        Assert.Equal(2, found.List.Keys.Count);
        Assert.True(_emulator.Asked.TryDequeue(out var asked));
        Assert.Equal(("text/plain", "Spoq/1.0"), asked);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("unknown-page")]
    [InlineData("unknown-plain-page")]
    [InlineData("empty")]
    public async Task A_handle_that_nobody_has_is_unknown(string handle) => Assert.IsType<DirectoryAnswer.Unknown>(await AskAsync(handle));

    [Theory]
    [InlineData("redirect")]
    [InlineData("slow")]
    [InlineData("huge")]
    [InlineData("garbage")]
    [InlineData("broken")]
    [InlineData("limited")]
    public async Task An_outage_is_not_a_typo(string handle) => Assert.IsType<DirectoryAnswer.Unavailable>(await AskAsync(handle));

    [Fact]
    public async Task In_production_a_name_that_leads_inside_is_not_dialled()
    {
        using var directory = new SshIdDirectory(Options.Create(new SshIdOptions { BaseUrl = _emulator.BaseUrl }), s_production);

        Assert.IsType<DirectoryAnswer.Unavailable>(await directory.FindAsync("nobody", CancellationToken.None));
        Assert.Empty(_emulator.Asked);
    }

    [Theory]
    [InlineData("https://sshid.io", true, true)]
    [InlineData("http://sshid.io", false, false)]
    [InlineData("http://127.0.0.1:8080", false, true)]
    [InlineData("https://user@sshid.io", false, false)]
    [InlineData("ftp://sshid.io", false, false)]
    public void The_address_must_be_https_but_for_an_emulator(string address, bool inProduction, bool inDevelopment)
    {
        var options = new SshIdOptions { BaseUrl = new Uri(address) };

        Assert.Equal(inProduction, new SshIdOptionsValidation(s_production).Validate(null, options).Succeeded);
        Assert.Equal(inDevelopment, new SshIdOptionsValidation(s_development).Validate(null, options).Succeeded);
    }

    [Theory]
    [InlineData("1.1.1.1", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    public void Only_public_addresses_are_public(string address, bool isPublic) => Assert.Equal(isPublic, PublicHttp.IsPublic(IPAddress.Parse(address)));

    private async Task<DirectoryAnswer> AskAsync(string handle)
    {
        var options = new SshIdOptions { BaseUrl = _emulator.BaseUrl, Timeout = handle == "slow" ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromSeconds(10) };
        using var directory = new SshIdDirectory(Options.Create(options), s_development);
        return await directory.FindAsync(handle, CancellationToken.None);
    }
}
