using Spoq.Core.Wire;

namespace Spoq.Conductor.Sessions;

/// <summary><c>/api/sessions</c>: what was talked about.</summary>
internal sealed class SessionEndpoints(SessionStore sessions)
{
    public Task ListAsync(HttpContext context) => Answers.WriteAsync(context, sessions.List(), WireJson.Default.SessionList);

    public async Task GetAsync(HttpContext context)
    {
        if (!TryReadId(context, out var id) || await sessions.ReadAsync(id, context.RequestAborted) is not { Count: > 0 } turns)
        {
            await Problems.WriteAsync(context, ConductorRefusals.NoSuchConversation);
            return;
        }

        await Answers.WriteAsync(context, new SessionShown(id, [.. turns.Select(Show)]), WireJson.Default.SessionShown);
    }

    public async Task DeleteAsync(HttpContext context)
    {
        if (!TryReadId(context, out var id))
        {
            await Problems.WriteAsync(context, ConductorRefusals.NoSuchConversation);
            return;
        }

        if (!sessions.TryBegin(id))
        {
            await Problems.WriteAsync(context, ConductorRefusals.ConversationBusy);
            return;
        }

        var wasThere = false;
        try
        {
            wasThere = sessions.Delete(id);
        }
        finally
        {
            sessions.End(id);
        }

        await (wasThere ? Answers.NoContent(context) : Problems.WriteAsync(context, ConductorRefusals.NoSuchConversation));
    }

    private static SessionLine Show(SessionTurn turn) => new(turn.Role, turn.Text, turn.At, turn.Files?.Select(file => file.Path).ToList(), turn.Calls?.Select(call => $"{call.Name} {call.Arguments}").ToList());

    private static bool TryReadId(HttpContext context, out Guid id) => Guid.TryParse(context.Request.RouteValues["id"] as string, out id);
}
