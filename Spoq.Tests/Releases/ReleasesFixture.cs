using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Releases;
using Spoq.Tests.Support;

namespace Spoq.Tests.Releases;

/// <summary>A running server that gives out what <c>scripts/publish</c> made, and a node beside it on the same database.</summary>
public sealed class ReleasesFixture : DatabaseFixture, IAsyncLifetime
{
    private string _folder = "";
    private Guid _account;

    public SpoqServer Server { get; private set; } = null!;

    /// <summary>Such as <c>spoq-linux-amd64</c>: this machine's.</summary>
    public string Artifact => Path.GetFileName(Directory.GetFiles(_folder, "spoq-*").Single());

    public async Task<string> TokenAsync()
    {
        Clock.Now = DateTimeOffset.UtcNow;
        var issued = await Get<DownloadService>().IssueAsync(_account, "cli", CancellationToken.None);
        return issued.Try(out var download, out var refusal) ? download.Token : throw new InvalidOperationException(refusal.Message);
    }

    async Task IAsyncLifetime.InitializeAsync()
    {
        _folder = await Published.FolderAsync();
        Server = await SpoqServer.NewAsync(new Dictionary<string, string> { ["Releases__Directory"] = _folder });
        await InitializeAsync();
        _account = await AddAccountAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await Server.DisposeAsync();
        await DisposeAsync();
    }

    protected override Task<string> OpenDatabaseAsync() => Task.FromResult(Server.ConnectionString);

    protected override void Configure(HostApplicationBuilder builder) =>
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Releases:Directory"] = _folder });
}
