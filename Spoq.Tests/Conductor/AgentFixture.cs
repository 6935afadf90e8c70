using Spoq.Core.Wire;

namespace Spoq.Tests.Conductor;

/// <summary>A Conductor with a model to ask and a socket for local users.</summary>
public sealed class AgentFixture : ConductorFixture
{
    internal ScriptedModel Model { get; } = new();

    internal string Socket => Path.Combine(Folder, "api.sock");

    internal override Task<ConductorConfig> ConfigureAsync(ConductorConfig config) => Task.FromResult(config with
    {
        Model = new ModelConfig(Model.Url, "scripted", "key-of-the-instance"),
        Socket = Socket,
    });

    public override async Task DisposeAsync()
    {
        Model.Dispose();
        await base.DisposeAsync();
    }
}
