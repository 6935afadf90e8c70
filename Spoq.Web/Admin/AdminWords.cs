using System.Text.Json;
using Spoq.Core.Instances;

namespace Spoq.Web.Admin;

/// <summary>States as addresses and the API name them.</summary>
internal static class AdminWords
{
    public static string Key<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>Null: there is no such state.</summary>
    public static InstanceState? State(string? text) =>
        Enum.GetValues<InstanceState>().Where(state => Key(state) == text).Select(state => (InstanceState?)state).FirstOrDefault();
}
