using Microsoft.OpenApi;
using Spoq.Core.Access;

namespace Spoq.Web.Shell.OpenApi;

/// <summary>Who may call, read off the rule that lets them in.</summary>
internal static class DescribeCallers
{
    public static void Apply(OpenApiOperation operation, OpenApiDocument document, IList<object> metadata)
    {
        if (metadata.OfType<InstanceTokenRule>().Any())
        {
            operation.Security = [Needs(document, DescribeDocument.Server, [])];
            return;
        }

        if (metadata.OfType<CallerRule>().LastOrDefault() is not { } rule)
        {
            operation.Security = [];
            return;
        }

        operation.Security = [Needs(document, DescribeDocument.Token, [rule.Scope]), Needs(document, DescribeDocument.Cookie, [])];
        if (rule.AcceptsApiKeys)
        {
            operation.Security.Insert(1, Needs(document, DescribeDocument.Key, [rule.Scope]));
        }

        operation.Description = string.Join("\n\n", new[] { operation.Description, Words(rule) }.Where(text => !string.IsNullOrEmpty(text)));
    }

    private static OpenApiSecurityRequirement Needs(OpenApiDocument document, string scheme, List<string> scopes) =>
        new() { [new OpenApiSecuritySchemeReference(scheme, document)] = scopes };

    private static string Words(CallerRule rule) =>
        (rule.NeedsAdmin ? "For administrators. " : "")
        + (rule.Scope == Scopes.Account ? "Needs a token with the scope `account`." : $"Needs a token with the scope `{rule.Scope}` or `account`.")
        + (rule.AcceptsApiKeys ? " API keys that hold the scope are accepted." : "")
        + (rule.AllowsUnconfirmed ? " Also before the e-mail address is confirmed." : "");
}
