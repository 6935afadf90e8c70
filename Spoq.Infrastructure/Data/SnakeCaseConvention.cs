using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;

namespace Spoq.Infrastructure.Data;

/// <summary>PostgreSQL's own spelling for every name in the schema; explicit names win.</summary>
internal sealed class SnakeCaseConvention : IModelFinalizingConvention
{
    public void ProcessModelFinalizing(IConventionModelBuilder modelBuilder, IConventionContext<IConventionModelBuilder> context)
    {
        foreach (var entity in modelBuilder.Metadata.GetEntityTypes())
        {
            if (entity.IsMappedToJson())
            {
                continue;
            }

            if (entity.GetTableName() is { } table)
            {
                entity.Builder.ToTable(SnakeCase.Of(table));
            }

            foreach (var property in entity.GetProperties().Where(p => p.GetColumnName() != "xmin"))
            {
                property.Builder.HasColumnName(SnakeCase.Of(property.GetColumnName()));
            }

            foreach (var key in entity.GetKeys())
            {
                key.Builder.HasName(SnakeCase.Of(key.GetName() ?? ""));
            }

            foreach (var foreignKey in entity.GetForeignKeys())
            {
                foreignKey.Builder.HasConstraintName(SnakeCase.Of(foreignKey.GetConstraintName() ?? ""));
            }

            foreach (var index in entity.GetIndexes())
            {
                index.Builder.HasDatabaseName(SnakeCase.Of(index.GetDatabaseName() ?? ""));
            }
        }
    }
}
