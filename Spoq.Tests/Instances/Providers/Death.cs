using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Spoq.Tests.Instances.Providers;

internal enum DeathAt
{
    /// <summary>The vendor never hears of the call.</summary>
    BeforeSending,

    /// <summary>The vendor has acted, and nobody reads its answer.</summary>
    AfterActing,

    /// <summary>The answer was read, and nothing of it was written down.</summary>
    BeforeCommit,
}

/// <summary>
/// Ends a node at one of its calls to vendors: from then on it sends nothing and writes nothing, as after <c>kill -9</c>. A call it
/// died in hangs until it is let go, so that what a node does that was only thought dead is seen too: it must change nothing.
/// </summary>
internal sealed class Death : SaveChangesInterceptor
{
    private TaskCompletionSource _reached = New();
    private TaskCompletionSource _letGo = New();
    private DeathAt _where;
    private int _at;
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public bool IsDead { get; private set; }

    public Task Reached => _reached.Task;

    /// <param name="at">Which call, from 1; beyond the last: it lives.</param>
    /// <param name="where">Where in it.</param>
    public void Plan(int at, DeathAt where)
    {
        (_at, _where, _calls, IsDead) = (at, where, 0, false);
        (_reached, _letGo) = (New(), New());
    }

    public void LetGo() => _letGo.TrySetResult();

    public DelegatingHandler NewHandler() => new Handler(this);

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        if (_where == DeathAt.BeforeCommit && _calls >= _at)
        {
            IsDead = true;
            _reached.TrySetResult();
        }

        return IsDead && _where == DeathAt.BeforeCommit ? throw new InvalidOperationException("This node is dead.") : new ValueTask<InterceptionResult<int>>(result);
    }

    private async Task<HttpResponseMessage> SendAsync(Func<Task<HttpResponseMessage>> send)
    {
        if (IsDead)
        {
            throw new HttpRequestException("This node is dead.");
        }

        var isLast = Interlocked.Increment(ref _calls) == _at && _where != DeathAt.BeforeCommit;
        if (!isLast)
        {
            return await send();
        }

        if (_where == DeathAt.AfterActing)
        {
            (await send()).Dispose();
        }

        IsDead = true;
        _reached.TrySetResult();
        await _letGo.Task;
        throw new HttpRequestException("This node is dead.");
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Handler(Death death) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            death.SendAsync(() => base.SendAsync(request, cancellationToken));
    }
}
