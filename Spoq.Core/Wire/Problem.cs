namespace Spoq.Core.Wire;

/// <summary>An error as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Code">Stable, <c>snake_case</c>: what programs branch on.</param>
/// <param name="Detail">Says what to do next.</param>
public sealed record Problem(string Type, string Title, int Status, string? Detail = null, string? Code = null)
{
    public const string MediaType = "application/problem+json";
}
