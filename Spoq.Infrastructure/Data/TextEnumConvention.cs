using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Metadata.Conventions;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Spoq.Infrastructure.Data;

/// <summary>Enums are stored as <c>snake_case</c> text with a check constraint that lists them.</summary>
internal sealed class TextEnumConvention : IModelFinalizingConvention
{
    public void ProcessModelFinalizing(IConventionModelBuilder modelBuilder, IConventionContext<IConventionModelBuilder> context)
    {
        foreach (var entity in modelBuilder.Metadata.GetEntityTypes())
        {
            foreach (var property in entity.GetDeclaredProperties())
            {
                var type = Nullable.GetUnderlyingType(property.ClrType) ?? property.ClrType;
                if (!type.IsEnum)
                {
                    continue;
                }

                var converter = (ValueConverter)Activator.CreateInstance(typeof(EnumText<>).MakeGenericType(type))!;
                property.Builder.HasConversion(converter);
                var column = SnakeCase.Of(property.Name);
                var values = string.Join(", ", Enum.GetNames(type).Select(name => $"'{SnakeCase.Of(name)}'"));
                entity.Builder.HasCheckConstraint($"ck_{SnakeCase.Of(entity.ClrType.Name)}_{column}", $"{column} in ({values})");
            }
        }
    }
}

/// <summary>One spelling of an enum's values, for the database and for JSON.</summary>
internal sealed class EnumText<T>() : ValueConverter<T, string>(value => EnumTexts<T>.Text[value], text => EnumTexts<T>.Value[text])
    where T : struct, Enum;

internal static class EnumTexts<T>
    where T : struct, Enum
{
    public static Dictionary<T, string> Text { get; } = Enum.GetValues<T>().ToDictionary(value => value, value => SnakeCase.Of(value.ToString()));

    public static Dictionary<string, T> Value { get; } = Text.ToDictionary(pair => pair.Value, pair => pair.Key);
}
