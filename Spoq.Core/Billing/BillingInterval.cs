namespace Spoq.Core.Billing;

/// <summary>How often a plan is paid.</summary>
public enum BillingInterval
{
    Month,
    Year,
}
