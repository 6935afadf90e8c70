using Spoq.Tests.Support;

namespace Spoq.Tests.Stories;

/// <summary>A server for one story class.</summary>
public sealed class StoryServer : IAsyncLifetime
{
    public SpoqServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await SpoqServer.NewAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
