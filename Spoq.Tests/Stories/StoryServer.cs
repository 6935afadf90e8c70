using Spoq.Tests.Support;

namespace Spoq.Tests.Stories;

/// <summary>A server for one story class.</summary>
public class StoryServer : IAsyncLifetime
{
    public SpoqServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await SpoqServer.NewAsync(await SettingsAsync());

    /// <summary>Environment variables of the server.</summary>
    protected virtual Task<IReadOnlyDictionary<string, string>?> SettingsAsync() => Task.FromResult<IReadOnlyDictionary<string, string>?>(null);

    public async Task DisposeAsync() => await Server.DisposeAsync();
}
