using System.Runtime.CompilerServices;
using Spoq.Infrastructure.Ai.Limits;

namespace Spoq.Tests.Ai;

/// <summary>What a crowd of bodies took goes back when the crowd is gone.</summary>
public sealed class MemoryReturnTests : IDisposable
{
    private const int Body = 1024 * 1024;

    private readonly BodyBudget _bodies = new(long.MaxValue, TimeSpan.Zero, TimeProvider.System);
    private readonly MemoryReturn _memory;

    public MemoryReturnTests() => _memory = new MemoryReturn(_bodies, TimeProvider.System);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void After_a_crowd_no_large_piece_stays_in_memory()
    {
        var pieces = Come(70);
        Assert.True(AnyLives(pieces));

        Go(70);

        Assert.True(_memory.RunOnce());
        Assert.False(AnyLives(pieces));
    }

    [Fact]
    public void Nothing_is_collected_while_the_crowd_is_there_nor_for_a_few()
    {
        Come(60);
        Go(60);
        Assert.False(_memory.RunOnce());

        Come(70);
        Assert.False(_memory.RunOnce());
    }

    [Fact]
    public void What_other_pools_let_go_of_later_goes_back_too_and_then_it_is_quiet()
    {
        Come(70);
        Go(70);

        var looks = Enumerable.Range(0, 20).Select(_ => _memory.RunOnce()).ToList();

        Assert.Equal([0, 4], looks.Index().Where(look => look.Item).Select(look => look.Index));
    }

    /// <summary>Each held a piece that lies in the pool now.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private List<WeakReference> Come(int bodies)
    {
        var pieces = Enumerable.Range(0, bodies).Select(_ => _bodies.Rent(Body)).ToList();
        _bodies.Add(bodies * Body);
        pieces.ForEach(_bodies.Return);
        return [.. pieces.Take(8).Select(piece => new WeakReference(piece))];
    }

    private void Go(int bodies) => _bodies.Give(bodies * Body);

    private static bool AnyLives(List<WeakReference> pieces)
    {
        GC.Collect();
        return pieces.Exists(piece => piece.IsAlive);
    }
}
