using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Ops.Chores;

/// <summary>Work of the clock, done by one node at a time however many there are.</summary>
public interface IChore
{
    /// <summary>Stable: the row's name.</summary>
    string Name { get; }

    /// <summary>From the end of one run to the start of the next.</summary>
    TimeSpan Every { get; }

    /// <summary>Safe to run twice.</summary>
    /// <exception cref="Exception">Any: it is tried again soon.</exception>
    Task RunAsync(CancellationToken cancellationToken);
}

/// <summary>When a chore is next due, and who does it.</summary>
public sealed class Chore(Guid id, string name, DateTimeOffset? dueAt)
{
    public const string Table = "chores";

    public Guid Id { get; private set; } = id;

    public string Name { get; private set; } = name;

    public DateTimeOffset? DueAt { get; private set; } = dueAt;

    public DateTimeOffset? LeaseUntil { get; private set; }

    public long LeaseToken { get; private set; }

    public int Attempts { get; private set; }

    public DateTimeOffset? DoneAt { get; private set; }
}

internal sealed class ChoreTable : IEntityTypeConfiguration<Chore>
{
    public void Configure(EntityTypeBuilder<Chore> builder)
    {
        builder.ToTable(Chore.Table);
        builder.Property(chore => chore.Id).ValueGeneratedNever();
        builder.Property(chore => chore.Name).HasMaxLength(64);
        builder.HasIndex(chore => chore.Name).IsUnique();
    }
}
