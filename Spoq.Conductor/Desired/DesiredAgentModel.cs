using Spoq.Conductor.Ask;
using Spoq.Conductor.Ask.OpenAi;
using Spoq.Conductor.Sessions;
using Spoq.Conductor.Tools;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Desired;

/// <summary>The model that the control plane names, with the key it gave; the echo where it has named none.</summary>
internal sealed class DesiredAgentModel(StateHolder state, ConductorConfig config, TimeProvider clock) : IAgentModel, IDisposable
{
    private readonly EchoModel _echo = new();
    private readonly Lock _changing = new();
    private (ModelConfig Config, OpenAiModel Model)? _held;

    public string Name => state.Current?.Model?.Name ?? _echo.Name;

    public IAsyncEnumerable<ModelPiece> AnswerAsync(IReadOnlyList<SessionTurn> turns, IReadOnlyList<Tool> tools, CancellationToken cancellationToken) =>
        Current().AnswerAsync(turns, tools, cancellationToken);

    public void Dispose() => _held?.Model.Dispose();

    private IAgentModel Current()
    {
        if (state.Current?.Model is not { } wanted)
        {
            return _echo;
        }

        var named = new ModelConfig(wanted.Url, wanted.Name, wanted.Key);
        lock (_changing)
        {
            if (_held is not { } held || held.Config != named)
            {
                // The one before is not disposed of: somebody may be listening to its answer. It goes with its last one.
                _held = held = (named, new OpenAiModel(named, config, clock));
            }

            return held.Model;
        }
    }
}
