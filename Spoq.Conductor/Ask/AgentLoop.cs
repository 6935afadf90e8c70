using System.Text;
using Spoq.Conductor.Sessions;
using Spoq.Conductor.Tools;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Ask;

/// <summary>Where the events of a turn go, and where what was said is kept.</summary>
internal sealed record TurnOutput(Func<AskEvent, CancellationToken, Task> SendAsync, Func<SessionTurn, Task> KeepAsync);

/// <summary>Question, answer, tools, results, until the answer wants no more tools or a limit is reached.</summary>
internal sealed class AgentLoop(IAgentModel model, Toolbox toolbox, Approvals approvals, TimeProvider clock)
{
    private const int MaxSteps = 40;
    private const int MaxCallsInStep = 16;
    private const int MaxEventOutput = 64 * 1024;
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(60);

    /// <exception cref="ModelException">It did not answer, or a limit was reached.</exception>
    public async Task RunAsync(List<SessionTurn> turns, AskRequest request, Guid conversationId, TurnOutput output, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var (approval, input, produced) = (request.Approval ?? "auto", 0, 0);
        for (var step = 0; step < MaxSteps; step++)
        {
            var (answer, usage) = await AnswerAsync(turns, output, cancellationToken);
            turns.Add(answer);
            input += usage?.InputTokens ?? 0;
            produced += usage?.OutputTokens ?? 0;
            if (answer.Calls is not { Count: > 0 } calls)
            {
                await output.SendAsync(new AskUsage(model.Name, input, produced), cancellationToken);
                return;
            }

            foreach (var call in calls)
            {
                if (clock.GetElapsedTime(began) > s_longest)
                {
                    throw new ModelException("turn_too_long", "This has taken an hour, so it was stopped. What was done so far stands; ask to go on.");
                }

                approval = await UseAsync(call, approval, conversationId, turns, output, cancellationToken);
            }
        }

        throw new ModelException("too_many_steps", $"This took {MaxSteps} steps without coming to an end, so it was stopped. What was done so far stands; ask to go on, or for less at once.");
    }

    /// <summary>What was said is kept, whoever hangs up meanwhile: the next turn must know it.</summary>
    private async Task<(SessionTurn Answer, ModelUsage? Usage)> AnswerAsync(List<SessionTurn> turns, TurnOutput output, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var calls = new List<ToolCall>();
        ModelUsage? usage = null;
        var isWhole = false;
        try
        {
            await foreach (var piece in model.AnswerAsync(PromptText.Fit(turns), toolbox.All, cancellationToken))
            {
                switch (piece)
                {
                    case ModelText said:
                        text.Append(said.Text);
                        await output.SendAsync(new AskText(said.Text), cancellationToken);
                        break;
                    case ModelCall { Call: var call } when calls.Count < MaxCallsInStep:
                        calls.Add(call);
                        break;
                    case ModelUsage used:
                        usage = used;
                        break;
                }
            }

            isWhole = true;
            var answer = new SessionTurn("assistant", text.ToString(), clock.GetUtcNow()) { Calls = calls.Count > 0 ? calls : null };
            await output.KeepAsync(answer);
            return (answer, usage);
        }
        finally
        {
            if (!isWhole)
            {
                await output.KeepAsync(new SessionTurn("assistant", text.ToString(), clock.GetUtcNow()));
            }
        }
    }

    /// <returns>The approval mode from now on.</returns>
    private async Task<string> UseAsync(ToolCall call, string approval, Guid conversationId, List<SessionTurn> turns, TurnOutput output, CancellationToken cancellationToken)
    {
        var summary = toolbox.Summarize(call);
        await output.SendAsync(new AskToolCall(call.Id, call.Name, summary, call.Arguments), cancellationToken);
        var decision = toolbox.Find(call.Name) is not { IsChange: true } ? "allow" : approval switch
        {
            "ask" => await approvals.WaitAsync(conversationId, call.Id, () => output.SendAsync(new AskApproval(call.Id, call.Name, summary), cancellationToken), cancellationToken),
            "never" => "never",
            _ => "allow",
        };
        var outcome = decision switch
        {
            "allow" or "always" => await toolbox.UseAsync(call, cancellationToken),
            "never" => ToolOutcome.Error("Not done: this question was asked without leave to run commands or change files."),
            _ => ToolOutcome.Error("The person did not allow this."),
        };
        var result = new SessionTurn("tool", outcome.Output, clock.GetUtcNow()) { CallId = call.Id };
        turns.Add(result);
        await output.KeepAsync(result);
        var shown = outcome.Output.Length > MaxEventOutput ? outcome.Output[..MaxEventOutput] : outcome.Output;
        await output.SendAsync(new AskToolResult(call.Id, shown, outcome.IsError), cancellationToken);
        return decision == "always" ? "auto" : approval;
    }
}
