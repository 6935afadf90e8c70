namespace Spoq.Web.Shell.OpenApi;

/// <summary>What an operation is about, for those that do not say it themselves.</summary>
internal static class Subjects
{
    private static readonly (string Start, string Subject)[] s_subjects =
    [
        ("/.well-known/", "OAuth"),
        ("/oauth/", "OAuth"),
        ("/auth/", "Device flow"),
        ("/v1/api-keys", "API keys"),
        ("/webhooks/", "Webhooks"),
        ("/api/subscription/webhook", "Webhooks"),
        ("/releases/", "Releases"),
        ("/install", "Releases"),
        ("/internal/", "Servers"),
        ("/health", "Health"),
    ];

    public static string Of(string path) => s_subjects.FirstOrDefault(subject => path.StartsWith(subject.Start, StringComparison.Ordinal)).Subject ?? "Other";
}
